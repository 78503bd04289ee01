import { stringCodec } from '../bsatn/basic-codecs.ts';
import { skipValue, type ValueReader } from '../bsatn/codec.ts';
import { BsatnReader, isUtf8 } from '../bsatn/reader.ts';
import { type TableDefinition } from './definition.ts';
import { misfit } from './row-reader.ts';
import { type RowBytes } from './step.ts';

/** What lies one behind the other in the bytes of a row. */
type Part =
  /** Columns of which any bytes are values. */
  | { readonly kind: 'run'; readonly size: number }
  | { readonly kind: 'string' }
  /** What only its codec can check. */
  | { readonly kind: 'other'; readonly codec: ValueReader<unknown> };

/**
 * How the rows of a table lie in their bytes. Checks rows when they arrive without making objects of them:
 *
 * ```text
 * id u32, name string, x f32, y f32, hp i32          run of 4, string, run of 12
 * ```
 *
 * A row of 53 bytes is checked in a tenth of the time that reading it takes.
 */
export class RowLayout<Row> {
  readonly #definition: TableDefinition<Row>;
  readonly #parts: readonly Part[];
  readonly #subject: string;

  constructor(definition: TableDefinition<Row>) {
    this.#definition = definition;
    this.#parts = partsOf(definition);
    this.#subject = `rows of table ${definition.name}`;
  }

  /** A reader of bytes that hold rows. */
  readerOf(bytes: Uint8Array): BsatnReader {
    return new BsatnReader(bytes, this.#subject);
  }

  /** Checks every row of a list. Throws a `SchemaError` that names table and column where the bytes are no row of this type. */
  check(list: RowBytes, reader: BsatnReader): void {
    for (let index = 0; index < list.length; index++) {
      const start = list.start(index);
      const end = list.end(index);
      let problem: unknown;
      try {
        if (placeBehind(this.#parts, reader, start, end) === end) continue;
      } catch (cause) {
        problem = cause;
      }
      throw misfit(this.#definition, list.data.subarray(start, end), problem);
    }
  }

  /** Where a row ends that was checked. */
  endOf(reader: BsatnReader, start: number): number {
    reader.restart(start);
    return placeBehind(this.#parts, reader, start, reader.bytes.length);
  }
}

/** What reads the column `property` of the row that begins at `start`, which was checked. */
export function columnReader<Value>(
  columns: object,
  property: string,
  codec: ValueReader<Value>,
): (reader: BsatnReader, start: number) => Value {
  const before = merged(codecsOf(columns).slice(0, Object.keys(columns).indexOf(property)));
  // Where the column begins; behind a string that is another place in each row.
  const [first] = before;
  const offset = first === undefined ? 0 : before.length === 1 && first.kind === 'run' ? first.size : undefined;
  return (reader, start) => {
    reader.offset = offset === undefined ? placeBehind(before, reader, start, reader.bytes.length) : start + offset;
    return codec.read(reader);
  };
}

/** Where the parts that begin at `start` end, which must not be behind `end`; -1 for a string that goes on behind it or is no UTF-8. */
function placeBehind(parts: readonly Part[], reader: BsatnReader, start: number, end: number): number {
  const { bytes } = reader;
  let at = start;
  for (const part of parts) {
    if (part.kind === 'run') {
      at += part.size;
    } else if (part.kind === 'string') {
      if (at + 4 > end) return -1;
      const length = u32At(bytes, at);
      at += 4;
      if (length > end - at || !isUtf8(bytes, at, length)) return -1;
      at += length;
    } else {
      reader.offset = at;
      skipValue(part.codec, reader);
      at = reader.offset;
    }
  }
  return at;
}

/** Whether the columns tell how rows are laid out; they do in all generated code. */
export function hasLayout<Row>(definition: TableDefinition<Row>): boolean {
  // An object keeps properties that look like an index in their own order.
  const properties = Object.keys(definition.columns);
  const isInOrder = properties.length > 0 && properties.every((property) => !/^\d+$/.test(property));
  const minSize = codecsOf(definition.columns).reduce((sum, codec) => sum + codec.minSize, 0);
  return isInOrder && minSize === definition.codec.minSize;
}

function partsOf<Row>(definition: TableDefinition<Row>): readonly Part[] {
  return hasLayout(definition) ? merged(codecsOf(definition.columns)) : [{ kind: 'other', codec: definition.codec }];
}

function codecsOf(columns: object): readonly ValueReader<unknown>[] {
  return Object.values(columns as Readonly<Record<string, { readonly codec: ValueReader<unknown> }>>).map(
    ({ codec }) => codec,
  );
}

/** Columns of a fixed size that follow each other are one run. */
function merged(codecs: readonly ValueReader<unknown>[]): readonly Part[] {
  const parts: Part[] = [];
  for (const codec of codecs) {
    const last = parts.at(-1);
    if (codec.fixedSize === undefined) {
      parts.push(codec === stringCodec ? { kind: 'string' } : { kind: 'other', codec });
    } else if (last?.kind === 'run') {
      parts[parts.length - 1] = { kind: 'run', size: last.size + codec.fixedSize };
    } else {
      parts.push({ kind: 'run', size: codec.fixedSize });
    }
  }
  return parts;
}

function u32At(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0
  );
}
