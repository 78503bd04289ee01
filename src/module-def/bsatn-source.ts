import { type BsatnReader } from '../bsatn/reader.ts';
import { type Source, schemaError, type Variant } from './source.ts';

/** A {@link Source} over BSATN. All sources of one definition share the reader, which stands where the next value begins. */
export class BsatnSource implements Source {
  readonly path: string;
  readonly #reader: BsatnReader;

  constructor(reader: BsatnReader, path: string) {
    this.#reader = reader;
    this.path = path;
  }

  field(name: string): Source {
    return new BsatnSource(this.#reader, this.path === '' ? name : `${this.path}.${name}`);
  }

  at(path: string): Source {
    return new BsatnSource(this.#reader, path);
  }

  variant<const Tag extends string>(tags: readonly Tag[]): Variant<Tag> {
    const index = this.#reader.u8();
    const tag = tags[index];
    if (tag === undefined) throw schemaError(this.path, `unknown variant number ${index} of ${tags.length}`);
    return { tag, payload: this };
  }

  knownVariant<const Tag extends string>(tags: readonly Tag[]): Variant<Tag> {
    return this.variant(tags);
  }

  list<T>(item: (source: Source) => T): T[] {
    const count = this.#reader.count('list', 0);
    const items: T[] = [];
    for (let index = 0; index < count; index++)
      items.push(item(new BsatnSource(this.#reader, `${this.path}[${index}]`)));
    return items;
  }

  option<T>(some: (source: Source) => T): T | undefined {
    return this.#reader.optionTag() ? some(this) : undefined;
  }

  string(): string {
    return this.#reader.string();
  }

  bool(): boolean {
    return this.#reader.bool();
  }

  u16(): number {
    return this.#reader.u16();
  }

  u32(): number {
    return this.#reader.u32();
  }

  i128(): bigint {
    return this.#reader.i128();
  }

  bytes(): Uint8Array {
    return this.#reader.byteArray();
  }
}
