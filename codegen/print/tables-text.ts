import { tableShapeHash } from '../../src/module-def/index.ts';
import { type FieldPlan, type Plan, type TablePlan } from '../plan/plan.ts';
import { indexDefinition, indexMaker, indexMembers, indexProperties } from './indexes-text.ts';
import { submoduleMembers, submoduleProperties } from './submodules-text.ts';
import { braced, coreParameter, docComment, indented, quoted } from './text.ts';
import { codecText, type Naming, typeText } from './use-text.ts';

/** The constant that says what a table is. */
export function tableDefinition(table: TablePlan, naming: Naming): string[] {
  const { definition, wireName, row, columns, key } = table;
  return [
    ...docComment(table.doc),
    `export const ${definition}: ${definitionType(table, naming)} = {`,
    `  name: ${quoted(wireName)},`,
    `  shape: ${quoted(tableShapeHash(table.shape))},`,
    `  codec: ${codecText({ kind: 'named', name: row }, '$types.')},`,
    ...indented(braced('columns: ', columns.map(columnDefinition), ',')),
    ...(key === undefined ? [] : [`  keyColumn: ${quoted(key.property)},`, `  keyOf: (row) => row.${key.property},`]),
    ...(table.relation === 'table' ? [] : ['  isView: true,']),
    '};',
  ];
}

function columnDefinition({ property, wireName, use }: FieldPlan): string {
  return `${property}: { name: ${quoted(wireName)}, codec: ${codecText(use, '$types.')} },`;
}

function definitionType({ row, key }: TablePlan, naming: Naming): string {
  if (key === undefined) return `$.TableDefinition<$types.${row}>`;
  return `$.KeyedTableDefinition<$types.${row}, ${typeText(key.use, naming)}>`;
}

/** The interface of a handle, the definitions of its indexes, and the function that makes it. */
export function tableHandle(table: TablePlan, naming: Naming, maker: string): string[][] {
  const { handle, definition, indexes } = table;
  const members = indexes.flatMap((index) => indexMembers(index, table, naming));
  const made = `$.${table.kind}Table(core, ${definition})`;
  return [
    [
      ...docComment([`The rows of \`${table.wireName}\`.`]),
      ...braced(`export interface ${handle} extends ${handleType(table, naming)} `, members),
    ],
    ...indexes.map((index) => indexDefinition(index, table, naming)),
    indexes.length === 0
      ? [`${maker} new$${handle}(core: $.ClientCore): ${handle} {`, `  return ${made};`, '}']
      : [
          `${maker} new$${handle}(core: $.ClientCore): ${handle} {`,
          `  const table = ${made};`,
          ...indexes.flatMap((index) =>
            index.aliases.length === 0
              ? []
              : [`  const index$${index.accessor} = $.${indexMaker(index)}(table, ${index.definition});`],
          ),
          '  return Object.assign(table, {',
          ...indexes.flatMap((index) => indented(indented(indexProperties(index)))),
          '  });',
          '}',
        ],
  ];
}

function handleType({ kind, row, key }: TablePlan, naming: Naming): string {
  if (kind === 'event') return `$.EventTable<$types.${row}>`;
  if (key === undefined) return `$.PlainTable<$types.${row}>`;
  return `$.KeyedTable<$types.${row}, ${typeText(key.use, naming)}>`;
}

/** The interface of all handles, and the function that makes them. */
export function tablesText({ tables, submodules }: Plan, maker: string): string[][] {
  return [
    [
      ...docComment(['The tables and views that clients can subscribe to.']),
      ...braced('export interface Tables ', [
        ...tables.flatMap(({ accessor, handle, doc }) => [...docComment(doc), `readonly ${accessor}: ${handle};`]),
        ...submoduleMembers(submodules, 'tables'),
      ]),
    ],
    [
      `${maker} new$Tables(${coreParameter([...tables, ...submodules])}): Tables {`,
      ...indented(
        braced(
          'return ',
          [
            ...tables.map(({ accessor, handle }) => `${accessor}: new$${handle}(core),`),
            ...submoduleProperties(submodules, 'tables'),
          ],
          ';',
        ),
      ),
      '}',
    ],
  ];
}
