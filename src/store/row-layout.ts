import { skipValue, type ValueReader } from '../bsatn/codec.ts';
import { BsatnReader } from '../bsatn/reader.ts';
import { type TableDefinition } from './definition.ts';
import { misfit } from './row-reader.ts';
import { type RowBytes } from './step.ts';

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
  /** What passes over the columns. */
  readonly #parts: readonly ValueReader<unknown>[];
  readonly #subject: string;

  constructor(definition: TableDefinition<Row>) {
    this.#definition = definition;
    this.#parts = merged(codecsOf(definition.columns));
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
        if (placeBehind(this.#parts, reader, start) === end) continue;
      } catch (cause) {
        problem = cause;
      }
      throw misfit(this.#definition, list.data.subarray(start, end), problem);
    }
  }

  /** Where a row ends that was checked. */
  endOf(reader: BsatnReader, start: number): number {
    reader.restart(start);
    return placeBehind(this.#parts, reader, start);
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
  const offset = first === undefined ? 0 : before.length === 1 ? first.fixedSize : undefined;
  return (reader, start) => {
    reader.offset = offset === undefined ? placeBehind(before, reader, start) : start + offset;
    return codec.read(reader);
  };
}

/** Where the values of these codecs end that begin at `start`; throws where one of them cannot be read. */
function placeBehind(codecs: readonly ValueReader<unknown>[], reader: BsatnReader, start: number): number {
  reader.offset = start;
  for (const codec of codecs) skipValue(codec, reader);
  return reader.offset;
}

function codecsOf(columns: object): readonly ValueReader<unknown>[] {
  return Object.values(columns as Readonly<Record<string, { readonly codec: ValueReader<unknown> }>>).map(
    ({ codec }) => codec,
  );
}

/** Columns of a fixed size that follow each other are passed over as one. */
function merged(codecs: readonly ValueReader<unknown>[]): readonly ValueReader<unknown>[] {
  const parts: ValueReader<unknown>[] = [];
  for (const codec of codecs) {
    const last = parts.at(-1)?.fixedSize;
    if (codec.fixedSize === undefined || last === undefined) parts.push(codec);
    else parts.splice(-1, 1, { ...codec, fixedSize: last + codec.fixedSize });
  }
  return parts;
}
