import { type RelationSchema } from '../relation.ts';
import { type Identity } from '../../bsatn/special/identity.ts';
import { type ColumnReference } from './condition.ts';
import { type ColumnName } from './scalar.ts';
import { SqlError } from './sql-error.ts';
import { type ValueType, valueTypeOf } from './value-type.ts';

/** The tables and views that the caller may see. */
export interface Catalog {
  /** By canonical name or alias; `undefined` as well for what exists but is not for the caller. */
  find(name: string): RelationSchema | undefined;
}

/** Who runs a query. */
export interface Caller {
  /** What `:sender` stands for. */
  readonly identity: Identity;
}

/** The tables that the names of a query can refer to. */
export class Scope {
  readonly #catalog: Catalog;
  readonly #tables: { readonly alias: string; readonly schema: RelationSchema }[] = [];
  /** Whether `:sender` was met. */
  dependsOnSender = false;

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  /** The tables so far, in the order of FROM. */
  get schemas(): readonly RelationSchema[] {
    return this.#tables.map(({ schema }) => schema);
  }

  /** Adds a table of FROM. Throws an {@link SqlError} when there is none of that name, or already one of that alias. */
  add(name: string, alias: string): RelationSchema {
    if (this.#tables.some((table) => table.alias === alias)) throw new SqlError(`Duplicate name \`${alias}\``);
    const schema = this.#catalog.find(name);
    if (schema === undefined) {
      throw new SqlError(`no such table: \`${name}\`. If the table exists, it may be marked private.`);
    }
    this.#tables.push({ alias, schema });
    return schema;
  }

  /** The position in FROM of the table called `alias`. Throws an {@link SqlError} without one. */
  table(alias: string): number {
    const index = this.#tables.findIndex((table) => table.alias === alias);
    if (index < 0) throw new SqlError(`\`${alias}\` is not in scope`);
    return index;
  }

  /** What a name refers to; an unqualified one, to a column of the only table. Throws an {@link SqlError} without such a column. */
  column({ table, column }: ColumnName): { readonly reference: ColumnReference; readonly type: ValueType } {
    const index = table === undefined ? 0 : this.table(table);
    const schema = this.#tables[index]?.schema;
    const position = schema === undefined ? -1 : columnPosition(schema, column);
    const type = schema?.columns[position]?.type;
    if (schema === undefined || type === undefined) throw new SqlError(`\`${column}\` is not in scope`);
    return { reference: { kind: 'column', table: index, column: position }, type: valueTypeOf(type, schema.typespace) };
  }
}

/** The column of a name, -1 without one. What the source calls it comes first. */
export function columnPosition(schema: RelationSchema, name: string): number {
  const byAlias = schema.columns.findIndex((column) => column.alias === name);
  return byAlias >= 0 ? byAlias : schema.columns.findIndex((column) => column.name === name);
}
