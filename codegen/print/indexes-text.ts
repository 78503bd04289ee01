import { type FieldPlan, type IndexPlan, type TablePlan } from '../plan/plan.ts';
import { docComment } from './text.ts';
import { type Naming, typeText } from './use-text.ts';

/** The properties of a handle that lead to an index, where it is made. */
export function indexProperties(index: IndexPlan): string[] {
  const { accessor, aliases, definition } = index;
  if (aliases.length === 0) return [`${accessor}: $.${indexMaker(index)}(table, ${definition}),`];
  return [accessor, ...aliases.map(({ name }) => name)].map((name) => `${name}: index$${accessor},`);
}

/** What makes the index at run time. One column need not lie in order before somebody asks for a range of it. */
export function indexMaker({ kind, columns }: IndexPlan): string {
  const isOrdered = kind === 'ordered' || kind === 'uniqueOrdered';
  return `${kind}${isOrdered && columns.length === 1 ? 'Column' : 'Index'}`;
}

/** The members of a handle's interface that lead to an index. */
export function indexMembers(index: IndexPlan, { row }: TablePlan, naming: Naming): string[] {
  const columns = index.columns.map(({ property }) => `\`${property}\``).join(', ');
  const type = indexType(index, `$types.${row}`, naming);
  return [
    ...docComment([`The ${describe(index)} of ${columns}.`]),
    `readonly ${index.accessor}: ${type};`,
    ...index.aliases.flatMap(({ name, isDeprecated }) => [
      ...docComment([isDeprecated ? `@deprecated Use \`${index.accessor}\`.` : `The same as \`${index.accessor}\`.`]),
      `readonly ${name}: ${type};`,
    ]),
  ];
}

function describe({ kind }: IndexPlan): string {
  switch (kind) {
    case 'uniqueOrdered':
      return 'unique ordered index';
    case 'unique':
      return 'unique index';
    case 'ordered':
      return 'ordered index';
    case 'hash':
      return 'hash index';
  }
}

function indexType(index: IndexPlan, row: string, naming: Naming): string {
  const key = keyType(index.columns, naming);
  switch (index.kind) {
    case 'uniqueOrdered':
      return `$.UniqueOrderedIndex<${row}, ${key}, ${columnsType(index.columns, naming)}>`;
    case 'unique':
      return `$.UniqueIndex<${row}, ${key}>`;
    case 'ordered':
      return `$.OrderedIndex<${row}, ${columnsType(index.columns, naming)}>`;
    case 'hash':
      return `$.HashIndex<${row}, ${index.columns.length === 1 ? key : columnsType(index.columns, naming)}>`;
  }
}

/** What a caller passes: the value of one column, or an object with those of several. */
function keyType(columns: readonly FieldPlan[], naming: Naming): string {
  const [only, ...others] = columns;
  if (only !== undefined && others.length === 0) return typeText(only.use, naming);
  return `{ ${columns.map(({ property, use }) => `readonly ${property}: ${typeText(use, naming)}`).join('; ')} }`;
}

function columnsType(columns: readonly FieldPlan[], naming: Naming): string {
  return `readonly [${columns.map(({ property, use }) => `${property}: ${typeText(use, naming)}`).join(', ')}]`;
}

/** The constant that says what an index is. */
export function indexDefinition(index: IndexPlan, { row }: TablePlan, naming: Naming): string[] {
  const { columns } = index;
  const columnsOf = `  columnsOf: (row) => [${columns.map(({ property }) => `row.${property}`).join(', ')}],`;
  const keyed = columns.length === 1 ? 'key' : columns.map(({ property }) => `key.${property}`).join(', ');
  const isUnique = index.kind === 'unique' || index.kind === 'uniqueOrdered';
  return [
    `const ${index.definition}: ${definitionType(index, `$types.${row}`, naming)} = {`,
    columnsOf,
    ...(isUnique ? [`  columnsOfKey: (key) => [${keyed}],`] : []),
    '};',
  ];
}

function definitionType({ kind, columns }: IndexPlan, row: string, naming: Naming): string {
  switch (kind) {
    case 'uniqueOrdered':
      return `$.UniqueIndexDefinition<${row}, ${keyType(columns, naming)}, ${columnsType(columns, naming)}>`;
    case 'unique':
      return `$.UniqueIndexDefinition<${row}, ${keyType(columns, naming)}>`;
    case 'ordered':
    case 'hash':
      return `$.IndexDefinition<${row}, ${columnsType(columns, naming)}>`;
  }
}
