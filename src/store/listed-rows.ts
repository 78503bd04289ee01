import { type ValueReader } from '../bsatn/codec.ts';
import { type BsatnReader } from '../bsatn/reader.ts';
import { type MapKey } from './key.ts';
import { type RowBytes } from './step.ts';

/** The rows of a list, checked, with what tells each from the others. They are bytes until somebody asks for one. */
export class ListedRows<Row> {
  readonly list: RowBytes;
  readonly keys: readonly MapKey[];
  readonly #codec: ValueReader<Row>;
  readonly #reader: BsatnReader;

  constructor(codec: ValueReader<Row>, list: RowBytes, keys: readonly MapKey[], reader: BsatnReader) {
    this.#codec = codec;
    this.list = list;
    this.keys = keys;
    this.#reader = reader;
  }

  /** Row `index`: a new object each time. */
  row(index: number): Row {
    this.#reader.restart(this.list.start(index));
    return this.#codec.read(this.#reader);
  }
}
