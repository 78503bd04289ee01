import { newRecord, recordOverhead } from './file-format.ts';

/*
 * Payload of a time:
 *
 *   0  8  microseconds since 1970, with a sign
 *   8  …  the name of the table (UTF-16)
 */

const nameAt = 8;

/** When each table was last confirmed. */
export class FileTimes {
  readonly #times = new Map<string, bigint>();

  /** The times in the payloads of their journal: the last one of each table counts. */
  static of(payloads: readonly Uint8Array[]): FileTimes {
    const times = new FileTimes();
    for (const payload of payloads) {
      const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
      if (bytes.length >= nameAt) times.set(bytes.toString('utf16le', nameAt), bytes.readBigInt64LE());
    }
    return times;
  }

  /** How long a journal with nothing but the last times would be, in bytes. */
  get liveBytes(): number {
    let size = 0;
    for (const table of this.#times.keys()) size += recordOverhead + nameAt + 2 * table.length;
    return size;
  }

  get(table: string): bigint | undefined {
    return this.#times.get(table);
  }

  set(table: string, microseconds: bigint): void {
    this.#times.set(table, microseconds);
  }

  clear(): void {
    this.#times.clear();
  }

  /** Nothing but the last times, as a new journal has them. */
  compacted(): readonly Buffer[] {
    return Array.from(this.#times, ([table, microseconds]) => timeRecord(table, microseconds));
  }
}

/** The record of one time. Throws a `RangeError` where 64 bits are too few. */
export function timeRecord(table: string, microseconds: bigint): Buffer {
  const record = newRecord(nameAt + 2 * table.length);
  record.writeBigInt64LE(microseconds, recordOverhead);
  record.write(table, recordOverhead + nameAt, 'utf16le');
  return record;
}
