import { fromHex } from '../bsatn/bytes.ts';
import { messageOf, type SchemaError } from '../errors.ts';
import { type Source, schemaError, type Variant } from './source.ts';

/** A {@link Source} over the JSON form: products are objects, sums objects with one key, options `{"some": x}` and `{"none": []}`. */
export class JsonSource implements Source {
  readonly path: string;
  readonly #value: unknown;

  constructor(value: unknown, path: string) {
    this.#value = value;
    this.path = path;
  }

  /** Whether this is an object with a field `name`. */
  has(name: string): boolean {
    return isRecord(this.#value) && Object.hasOwn(this.#value, name);
  }

  field(name: string): Source {
    if (!isRecord(this.#value)) throw this.#expected('an object');
    if (!Object.hasOwn(this.#value, name)) throw schemaError(this.path, `the field ${name} is missing`);
    return new JsonSource(this.#value[name], this.path === '' ? name : `${this.path}.${name}`);
  }

  at(path: string): Source {
    return new JsonSource(this.#value, path);
  }

  variant<const Tag extends string>(tags: readonly Tag[]): Variant<Tag> {
    const variant = this.knownVariant(tags);
    if ('tag' in variant) return variant;
    throw schemaError(
      this.path,
      `${JSON.stringify(variant.unknown)} is not one of ${tags.join(', ')}; a server newer than 2.x may have written it`,
    );
  }

  knownVariant<const Tag extends string>(tags: readonly Tag[]): Variant<Tag> | { readonly unknown: string } {
    const keys = isRecord(this.#value) ? Object.keys(this.#value) : [];
    const [key] = keys;
    if (!isRecord(this.#value) || key === undefined || keys.length !== 1)
      throw this.#expected('an object with one key');
    const tag = tags.find((known) => known === key);
    if (tag === undefined) return { unknown: key };
    return { tag, payload: new JsonSource(this.#value[key], this.path) };
  }

  list<T>(item: (source: Source) => T): T[] {
    const value: unknown = this.#value;
    if (!Array.isArray(value)) throw this.#expected('an array');
    return value.map((element: unknown, index) => item(new JsonSource(element, `${this.path}[${index}]`)));
  }

  option<T>(some: (source: Source) => T): T | undefined {
    if (this.#value === null) return undefined;
    const { tag, payload } = this.variant(['some', 'none']);
    return tag === 'some' ? some(payload) : undefined;
  }

  string(): string {
    if (typeof this.#value !== 'string') throw this.#expected('a string');
    return this.#value;
  }

  bool(): boolean {
    if (typeof this.#value !== 'boolean') throw this.#expected('true or false');
    return this.#value;
  }

  u16(): number {
    return this.#integer(0xffff);
  }

  u32(): number {
    return this.#integer(0xffff_ffff);
  }

  #integer(most: number): number {
    const value = this.#value;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most) {
      throw this.#expected(`an integer from 0 to ${most}`);
    }
    return value;
  }

  /** Integers beyond 2^53 come as decimal text: see `parseJson`. */
  i128(): bigint {
    const value = this.#value;
    if (Number.isSafeInteger(value) || (typeof value === 'string' && /^-?\d{1,39}$/.test(value))) {
      return BigInt(String(value));
    }
    throw this.#expected('an integer (read from text: JSON.parse would round one beyond 2^53)');
  }

  bytes(): Uint8Array {
    try {
      return fromHex(this.string());
    } catch (cause) {
      throw schemaError(this.path, 'expected bytes as hex digits', cause);
    }
  }

  #expected(what: string): SchemaError {
    const got = JSON.stringify(this.#value) ?? 'nothing';
    return schemaError(this.path, `expected ${what}, got ${got.length > 80 ? `${got.slice(0, 80)}…` : got}`);
  }
}

/** Parses JSON and keeps integers beyond 2^53 exactly, as their decimal text. Throws a `SchemaError` for text that is not JSON. */
export function parseJson(text: string): unknown {
  const exact = text.replace(/"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g, (token) =>
    token.startsWith('"') ? token : `"${token}"`,
  );
  try {
    return JSON.parse(exact);
  } catch (cause) {
    throw schemaError('', `not JSON: ${messageOf(cause)}`, cause);
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
