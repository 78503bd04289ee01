import { SchemaError } from '../errors.ts';

/**
 * One value of a module definition, in JSON or in BSATN: readers say once what they expect and work for both.
 * The fields of a product have to be read in the order of the definition, each once, since BSATN has nothing but the order.
 * Every method throws a {@link SchemaError} that names the path of the value, such as `Tables[3].indexes[0]`.
 */
export interface Source {
  /** Where in the definition the value is. */
  readonly path: string;
  field(name: string): Source;
  /** The same value under another path. */
  at(path: string): Source;
  /** The variant of a sum: which of `tags`, and its payload. */
  variant<const Tag extends string>(tags: readonly Tag[]): Variant<Tag>;
  /** The same, where a form that has names may come with a variant this version does not know. */
  knownVariant<const Tag extends string>(tags: readonly Tag[]): Variant<Tag> | { readonly unknown: string };
  list<T>(item: (source: Source) => T): T[];
  option<T>(some: (source: Source) => T): T | undefined;
  string(): string;
  bool(): boolean;
  u16(): number;
  u32(): number;
  i128(): bigint;
  /** The bytes of an `Array<U8>`. */
  bytes(): Uint8Array;
}

export interface Variant<Tag extends string> {
  readonly tag: Tag;
  readonly payload: Source;
}

/** An error about the part of a definition at `path`. */
export function schemaError(path: string, problem: string, cause?: unknown): SchemaError {
  return new SchemaError(`module definition${path === '' ? '' : `, ${path}`}: ${problem}`, { cause });
}
