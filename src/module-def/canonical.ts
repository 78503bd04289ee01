import { type AlgebraicType, type NamedType, specialTypeOf } from '../bsatn/algebraic-type.ts';
import { type DefinedIndex, type Definition, type ExplicitName } from './definition.ts';
import { type ModuleName } from './model.ts';
import { toCamelCase, toPascalCase, toSnakeCase } from './names.ts';

/** How the names of one definition become canonical ones. */
export interface Naming {
  table(source: string): ModuleName;
  /** Reducers, procedures and views. */
  function(source: string): ModuleName;
  index(index: DefinedIndex, derived: string): ModuleName;
  typeName(part: string): string;
  type(type: AlgebraicType): AlgebraicType;
  column(source: string): string;
}

/**
 * The naming of a definition. One that a server wrote has canonical names already, inside the typespace too, and lists those of tables and
 * functions; one that a module wrote has the spelling of its source, and a policy.
 */
export function namingOf(definition: Definition, form: 'raw' | 'canonical'): Naming {
  const policy = form === 'canonical' ? 'None' : (definition.policy ?? 'SnakeCase');
  const convert = policy === 'None' ? identity : toSnakeCase;
  const explicit = explicitNames(definition.explicitNames);
  const named = (names: ReadonlyMap<string, string>, source: string): ModuleName => ({
    source,
    canonical: names.get(source) ?? convert(source),
  });
  return {
    table: (source) => named(explicit.Table, source),
    function: (source) => named(explicit.Function, source),
    index: ({ name }, derived) => {
      if (definition.version === 9) return { source: name ?? derived, canonical: name ?? derived };
      const canonical = name === undefined ? undefined : explicit.Index.get(name);
      return { source: name ?? derived, canonical: canonical ?? derived };
    },
    typeName: policy === 'None' ? identity : toPascalCase,
    type: policy === 'None' ? identity : canonicalType,
    column: convert,
  };
}

/**
 * Whether a server wrote the definition: it gives every table and function an explicit name, which a module does only where they differ.
 * Version 9 has canonical names only.
 */
export function formOf(definition: Definition): 'raw' | 'canonical' {
  const explicit = explicitNames(definition.explicitNames);
  const functions = [...definition.reducers, ...definition.procedures, ...definition.views];
  const isListed =
    definition.tables.every((table) => explicit.Table.has(table.name)) &&
    functions.every((fn) => explicit.Function.has(fn.name));
  const isCanonical = isListed && definition.submodules.every((inner) => formOf(inner.definition) === 'canonical');
  return definition.version === 9 || isCanonical ? 'canonical' : 'raw';
}

type NamesByKind = Readonly<Record<ExplicitName['kind'], ReadonlyMap<string, string>>>;

function explicitNames(entries: readonly ExplicitName[]): NamesByKind {
  const ofKind = (kind: ExplicitName['kind']): ReadonlyMap<string, string> =>
    new Map(entries.filter((entry) => entry.kind === kind).map((entry) => [entry.source, entry.canonical]));
  return { Table: ofKind('Table'), Function: ofKind('Function'), Index: ofKind('Index') };
}

function identity<T>(value: T): T {
  return value;
}

/** The type with columns in snake_case and variants in camelCase; special types keep the names they are recognised by. */
function canonicalType(type: AlgebraicType): AlgebraicType {
  switch (type.tag) {
    case 'Product':
      return { tag: 'Product', elements: canonicalParts(type, type.elements, toSnakeCase) };
    case 'Sum':
      return { tag: 'Sum', variants: canonicalParts(type, type.variants, toCamelCase) };
    case 'Array':
      return { tag: 'Array', element: canonicalType(type.element) };
    default:
      return type;
  }
}

function canonicalParts(
  whole: AlgebraicType,
  parts: readonly NamedType[],
  convert: (name: string) => string,
): readonly NamedType[] {
  const isSpecial = specialTypeOf(whole) !== undefined || parts[0]?.name === queryElement;
  return parts.map(({ name, type }) => ({
    name: name === undefined || isSpecial ? name : convert(name),
    type: canonicalType(type),
  }));
}

/** The element that marks the product a view returns which is a query over a row type. */
export const queryElement = '__query__';
