import { type AlgebraicType, type NamedType } from '../bsatn/algebraic-type.ts';
import { type IndexModel, type ReducerModel, type TableModel } from './model.ts';

/** A value that prints as JSON; a bigint prints as a number, whatever its size. */
export type Json = string | number | bigint | boolean | readonly Json[] | { readonly [key: string]: Json };

/** JSON without white space. */
export function printJson(value: Json): string {
  if (typeof value === 'bigint') return value.toString();
  if (isList(value)) return `[${value.map(printJson).join(',')}]`;
  if (typeof value !== 'object') return JSON.stringify(value);
  const fields = Object.entries(value).map(([key, field]) => `${JSON.stringify(key)}:${printJson(field)}`);
  return `{${fields.join(',')}}`;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** A sum without payload. */
export function unitVariant(name: string): Json {
  return { [name]: [] };
}

export function optionJson(value: Json | undefined): Json {
  return value === undefined ? { none: [] } : { some: value };
}

/** A type as servers print it. */
export function typeJson(type: AlgebraicType): Json {
  switch (type.tag) {
    case 'Ref':
      return { Ref: type.ref };
    case 'Sum':
      return { Sum: { variants: type.variants.map(namedTypeJson) } };
    case 'Product':
      return { Product: elementsJson(type.elements) };
    case 'Array':
      return { Array: typeJson(type.element) };
    default:
      return unitVariant(type.tag);
  }
}

/** The elements of a product, or parameters, as servers print them. */
export function elementsJson(elements: readonly NamedType[]): Json {
  return { elements: elements.map(namedTypeJson) };
}

function namedTypeJson({ name, type }: NamedType): Json {
  return { name: optionJson(name), algebraic_type: typeJson(type) };
}

/** The indexes, constraints and sequences of a table; `nameField` is what the version calls the field of a name. */
export function tablePartsJson(
  table: TableModel,
  nameField: 'name' | 'source_name',
): { readonly indexes: Json; readonly constraints: Json; readonly sequences: Json } {
  const indexName = ({ name }: IndexModel): string => (nameField === 'name' ? name.canonical : name.source);
  const prefixed = (columns: readonly number[], suffix: string): Json => {
    const names = columns.map((column) => table.columns[column]?.name ?? String(column));
    return optionJson(`${table.name.canonical}_${names.join('_')}_${suffix}`);
  };
  return {
    indexes: table.indexes.map((index) => ({
      [nameField]: optionJson(indexName(index)),
      accessor_name: optionJson(index.accessor),
      algorithm: algorithmJson(index),
    })),
    constraints: table.uniqueConstraints.map((columns) => ({
      [nameField]: prefixed(columns, 'key'),
      data: { Unique: { columns } },
    })),
    sequences: table.sequences.map(({ column, start, min, max, increment }) => ({
      [nameField]: prefixed([column], 'seq'),
      column,
      start: optionJson(start),
      min_value: optionJson(min),
      max_value: optionJson(max),
      increment,
    })),
  };
}

function algorithmJson({ algorithm, columns }: IndexModel): Json {
  switch (algorithm) {
    case 'btree':
      return { BTree: columns };
    case 'hash':
      return { Hash: columns };
    case 'direct':
      return { Direct: columns[0] ?? 0 };
  }
}

export function accessJson(table: TableModel): { readonly table_type: Json; readonly table_access: Json } {
  return {
    table_type: unitVariant(table.isSystem ? 'System' : 'User'),
    table_access: unitVariant(table.isPublic ? 'Public' : 'Private'),
  };
}

export function lifecycleJson(lifecycle: NonNullable<ReducerModel['lifecycle']>): Json {
  switch (lifecycle) {
    case 'init':
      return unitVariant('Init');
    case 'onConnect':
      return unitVariant('OnConnect');
    case 'onDisconnect':
      return unitVariant('OnDisconnect');
  }
}

/** Orders by a name, code unit by code unit: the same everywhere, unlike `localeCompare`. */
export function sortedBy<T>(items: readonly T[], nameOf: (item: T) => string): T[] {
  return [...items].sort((left, right) => compare(nameOf(left), nameOf(right)));
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
