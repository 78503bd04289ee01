import { readFileSync } from 'node:fs';

/** A value of JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** A JSON object whose properties are read with a check; `where` says in errors which one it is. */
export interface JsonObject {
  readonly where: string;
  has(name: string): boolean;
  text(name: string): string;
  optionalText(name: string): string | undefined;
  integer(name: string): number;
  list(name: string): readonly Json[];
  object(name: string): JsonObject;
  optionalObject(name: string): JsonObject | undefined;
  /** All properties, in their order. */
  entries(): readonly (readonly [string, Json])[];
}

/** The object that `value` is. Throws a `TypeError` that names `where` for anything else. */
export function asObject(value: Json | undefined, where: string): JsonObject {
  if (typeof value !== 'object' || value === null || isList(value)) throw new TypeError(`${where} is not an object`);
  const properties = new Map(Object.entries(value));
  const text = (name: string): string => {
    const property = properties.get(name);
    if (typeof property !== 'string') throw new TypeError(`${where}.${name} is not a text`);
    return property;
  };
  const object = (name: string): JsonObject => asObject(properties.get(name), `${where}.${name}`);
  return {
    where,
    has: (name) => properties.has(name),
    text,
    optionalText: (name) => (properties.has(name) ? text(name) : undefined),
    integer: (name) => {
      const property = properties.get(name);
      if (typeof property !== 'number' || !Number.isInteger(property)) {
        throw new TypeError(`${where}.${name} is not an integer`);
      }
      return property;
    },
    list: (name) => asList(properties.get(name), `${where}.${name}`),
    object,
    optionalObject: (name) => (properties.has(name) ? object(name) : undefined),
    entries: () => [...properties],
  };
}

/** The list that `value` is. Throws a `TypeError` that names `where` for anything else. */
export function asList(value: Json | undefined, where: string): readonly Json[] {
  if (value === undefined || !isList(value)) throw new TypeError(`${where} is not a list`);
  return value;
}

/** The list of texts that `value` is. Throws a `TypeError` that names `where` for anything else. */
export function asTexts(value: Json | undefined, where: string): readonly string[] {
  return asList(value, where).map((item, index) => {
    if (typeof item !== 'string') throw new TypeError(`${where}[${index}] is not a text`);
    return item;
  });
}

/** The JSON of a file of `test/golden`. */
export function readGolden(name: string): JsonObject {
  const path = new URL(`../../golden/${name}.json`, import.meta.url);
  const value: Json = JSON.parse(readFileSync(path, 'utf8'));
  return asObject(value, name);
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
