/**
 * The limit: what somebody would write by hand for this one table and nothing else. It decodes a message into objects and keeps them in a `Map`; no
 * query sets, no counts, no checks, no signals, no events.
 */
import { hpValues } from './player.ts';

/** A row as a hand-written decoder makes it. */
export interface HandPlayer {
  readonly id: number;
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly hp: number;
  readonly score: bigint;
  readonly lastSeen: HandTimestamp;
}

class HandTimestamp {
  readonly micros: bigint;

  constructor(micros: bigint) {
    this.micros = micros;
  }
}

const utf8 = new TextDecoder();

/** The rows of one list: where each begins, and where the list ends in the message. */
interface HandList {
  readonly count: number;
  readonly size: number;
  readonly offsetsAt: number;
  readonly dataAt: number;
  readonly end: number;
}

/** A cursor over one message. */
class HandReader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(): number {
    return this.view.getUint8(this.at++);
  }

  u32(): number {
    const value = this.view.getUint32(this.at, true);
    this.at += 4;
    return value;
  }

  string(): string {
    const length = this.u32();
    const start = this.at;
    this.at += length;
    return this.text(start, length);
  }

  text(start: number, length: number): string {
    // Short strings are made faster this way than by a `TextDecoder`.
    if (length <= 16) {
      const codes: number[] = [];
      for (let index = 0; index < length; index++) {
        const code = this.bytes[start + index] ?? 0x80;
        if (code >= 0x80) return utf8.decode(this.bytes.subarray(start, start + length));
        codes.push(code);
      }
      return String.fromCharCode.apply(undefined, codes);
    }
    return utf8.decode(this.bytes.subarray(start, start + length));
  }

  list(): HandList {
    if (this.u8() === 0) {
      const size = this.view.getUint16(this.at, true);
      const length = this.view.getUint32(this.at + 2, true);
      const dataAt = this.at + 6;
      this.at = dataAt + length;
      return { count: length / size, size, offsetsAt: 0, dataAt, end: this.at };
    }
    const count = this.u32();
    const offsetsAt = this.at;
    const length = this.view.getUint32(offsetsAt + count * 8, true);
    const dataAt = offsetsAt + count * 8 + 4;
    this.at = dataAt + length;
    return { count, size: 0, offsetsAt, dataAt, end: this.at };
  }

  rowAt(list: HandList, index: number): number {
    if (list.size > 0) return list.dataAt + index * list.size;
    return list.dataAt + this.view.getUint32(list.offsetsAt + index * 8, true);
  }

  row(at: number): HandPlayer {
    const { view } = this;
    const length = view.getUint32(at + 4, true);
    const behind = at + 8 + length;
    return {
      id: view.getUint32(at, true),
      name: this.text(at + 8, length),
      x: view.getFloat32(behind, true),
      y: view.getFloat32(behind + 4, true),
      z: view.getFloat32(behind + 8, true),
      hp: view.getInt32(behind + 12, true),
      score: view.getBigUint64(behind + 16, true),
      lastSeen: new HandTimestamp(view.getBigInt64(behind + 24, true)),
    };
  }
}

/** Is told which row a message changed; for the cases with watchers. */
export type OnChange = (id: number, row: HandPlayer | undefined) => void;

/** The table. */
export class HandTable {
  readonly rows: Map<number, HandPlayer> = new Map();

  /** Takes a payload: a message of the server, or several. */
  deliver(payload: Uint8Array, onChange?: OnChange): void {
    const reader = new HandReader(payload);
    while (reader.at < payload.length) this.#message(reader, onChange);
  }

  #message(reader: HandReader, onChange: OnChange | undefined): void {
    const tag = reader.u8();
    if (tag === 1) return this.snapshot(reader);
    if (tag !== 4) throw new Error(`a message with tag ${tag}`);
    for (let sets = reader.u32(); sets > 0; sets--) {
      reader.u32();
      for (let tables = reader.u32(); tables > 0; tables--) {
        reader.string();
        for (let updates = reader.u32(); updates > 0; updates--) {
          reader.u8();
          this.update(reader, onChange);
        }
      }
    }
  }

  protected snapshot(reader: HandReader): void {
    reader.at += 8;
    for (let tables = reader.u32(); tables > 0; tables--) {
      reader.string();
      const list = reader.list();
      for (let index = 0; index < list.count; index++) {
        const row = reader.row(reader.rowAt(list, index));
        this.rows.set(row.id, row);
      }
    }
  }

  protected update(reader: HandReader, onChange: OnChange | undefined): void {
    const inserts = reader.list();
    const deletes = reader.list();
    const { rows } = this;
    const before: (HandPlayer | undefined)[] = [];
    for (let index = 0; index < deletes.count; index++) {
      before.push(rows.get(reader.view.getUint32(reader.rowAt(deletes, index), true)));
    }
    for (let index = 0; index < inserts.count; index++) {
      const row = reader.row(reader.rowAt(inserts, index));
      rows.set(row.id, row);
      onChange?.(row.id, row);
    }
    // What was deleted and not inserted again is gone.
    for (const row of before) {
      if (row === undefined || rows.get(row.id) !== row) continue;
      rows.delete(row.id);
      onChange?.(row.id, undefined);
    }
  }

  /** The rows by `hp`, as a hand-written index would hold them. */
  byHp(): readonly (readonly HandPlayer[])[] {
    const buckets: HandPlayer[][] = Array.from({ length: hpValues }, () => []);
    for (const row of this.rows.values()) buckets[row.hp]?.push(row);
    return buckets;
  }
}

/** The table where several query sets return the same rows: how often all of them do is kept beside the rows, by id. */
export class CountedHandTable extends HandTable {
  readonly #counts = new Map<number, number>();

  protected override snapshot(reader: HandReader): void {
    reader.at += 8;
    for (let tables = reader.u32(); tables > 0; tables--) {
      reader.string();
      this.#insert(reader, reader.list());
    }
  }

  protected override update(reader: HandReader): void {
    const inserts = reader.list();
    const deletes = reader.list();
    this.#insert(reader, inserts);
    for (let index = 0; index < deletes.count; index++) {
      const id = reader.view.getUint32(reader.rowAt(deletes, index), true);
      const count = (this.#counts.get(id) ?? 0) - 1;
      this.#counts.set(id, count);
      if (count > 0) continue;
      this.#counts.delete(id);
      this.rows.delete(id);
    }
  }

  #insert(reader: HandReader, list: HandList): void {
    for (let index = 0; index < list.count; index++) {
      const row = reader.row(reader.rowAt(list, index));
      this.#counts.set(row.id, (this.#counts.get(row.id) ?? 0) + 1);
      this.rows.set(row.id, row);
    }
  }
}
