import { type NamedType, resolveRef, type Typespace } from '../bsatn/algebraic-type.ts';
import { messageOf } from '../errors.ts';
import { type Naming } from './canonical.ts';
import { type DefinedIndex, type DefinedTable, type Definition } from './definition.ts';
import { type IndexModel, type TableModel } from './model.ts';
import { schemaError } from './source.ts';

/** What a part of a definition is resolved against. */
export interface Surroundings {
  readonly definition: Definition;
  readonly naming: Naming;
  /** With canonical names. */
  readonly typespace: Typespace;
}

/** The model of one table. Throws a `SchemaError`. */
export function resolveTable(table: DefinedTable, { definition, naming, typespace }: Surroundings): TableModel {
  const name = naming.table(table.name);
  const columns = columnsOf(table.rowRef, typespace, `${table.path}.product_type_ref`);
  checkColumns(table, columns.length);
  const [primaryKey, ...others] = table.primaryKey;
  if (others.length > 0) throw schemaError(`${table.path}.primary_key`, 'a primary key has one column');
  const column = (index: number): string => columns[index]?.name ?? String(index);
  const resolveIndex = (index: DefinedIndex): IndexModel => ({
    name: naming.index(index, `${name.canonical}_${index.columns.map(column).join('_')}_idx_${index.algorithm}`),
    accessor: index.accessor,
    algorithm: index.algorithm,
    columns: index.columns,
  });
  return {
    name,
    rowRef: table.rowRef,
    columns,
    primaryKey,
    indexes: table.indexes.map(resolveIndex),
    uniqueConstraints: table.uniqueConstraints,
    sequences: table.sequences,
    isPublic: table.isPublic,
    isSystem: table.isSystem,
    isEvent: table.isEvent,
    defaults: definition.defaults
      .filter(({ table: of }) => of === table.name)
      .map(({ column, value }) => ({ column, value })),
  };
}

/** The columns of the row type at `ref`, which has to be a product. */
export function columnsOf(ref: number, typespace: Typespace, path: string): readonly NamedType[] {
  const type = resolved(ref, typespace, path);
  if (type.tag !== 'Product') throw schemaError(path, `the row type ${ref} is a ${type.tag}, not a Product`);
  return type.elements;
}

function resolved(ref: number, typespace: Typespace, path: string): ReturnType<typeof resolveRef> {
  try {
    return resolveRef({ tag: 'Ref', ref }, typespace);
  } catch (cause) {
    throw schemaError(path, messageOf(cause), cause);
  }
}

function checkColumns(table: DefinedTable, count: number): void {
  const check = (columns: readonly number[], path: string): void => {
    const wrong = columns.find((column) => column >= count);
    if (wrong !== undefined) throw schemaError(path, `there is no column ${wrong}, the table has ${count}`);
  };
  check(table.primaryKey, `${table.path}.primary_key`);
  for (const index of table.indexes) check(index.columns, index.path);
  for (const [position, columns] of table.uniqueConstraints.entries()) {
    check(columns, `${table.path}.constraints[${position}]`);
  }
  for (const [position, { column }] of table.sequences.entries())
    check([column], `${table.path}.sequences[${position}]`);
}
