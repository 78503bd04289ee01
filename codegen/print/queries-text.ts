import { comparableKind } from '../plan/comparable-kind.ts';
import { type FieldPlan, type Plan, type TablePlan } from '../plan/plan.ts';
import { importName } from './submodules-text.ts';
import { braced, docComment, quoted } from './text.ts';

/** The tables as queries, and of each row type which columns a query can compare. */
export function queriesText({ tables, submodules }: Plan): string[][] {
  const byRow = new Map(tables.map((table) => [table.row, table]));
  return [
    ...[...byRow.values()].map(comparedColumns),
    [
      ...docComment([
        'The tables and views as queries: each stands for all its rows, and `where` and the semijoins for some.',
      ]),
      ...braced(
        'export const tables: ',
        [
          ...tables.map((table) => `readonly ${table.accessor}: ${queryType(table)};`),
          ...submodules.map((inner) => `readonly ${inner.accessors.tables}: typeof ${importName(inner)}.tables;`),
        ],
        ' = {',
      ),
      ...tables.map(({ accessor, definition }) => `  ${accessor}: /*@__PURE__*/ $.tableQuery(${definition}),`),
      ...submodules.map((inner) => `  ${inner.accessors.tables}: ${importName(inner)}.tables,`),
      '};',
    ],
  ];
}

function comparedColumns({ row, columns }: TablePlan): string[] {
  return [
    ...docComment([`What queries can compare in rows of \`${row}\`.`]),
    ...braced(`interface ${columnsName(row)} `, columns.flatMap(kindMembers)),
  ];
}

function queryType({ row, joined }: TablePlan): string {
  const indexed = joined.length === 0 ? '' : `, { ${joined.flatMap(kindMembers).join(' ').slice(0, -1)} }`;
  return `$.TableQuery<$types.${row}, ${columnsName(row)}${indexed}>`;
}

function kindMembers({ property, use }: FieldPlan): string[] {
  const kind = comparableKind(use);
  return kind === undefined ? [] : [`readonly ${property}: ${quoted(kind)};`];
}

/** `$` is in no name of a module. */
function columnsName(row: string): string {
  return `${row}$Columns`;
}
