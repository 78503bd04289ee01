import { type StoredMutation } from '../offline-storage.ts';
import { newRecord, recordOverhead } from './file-format.ts';

/*
 * Every call that is added gets the next number. Payloads:
 *
 *   add      0  1  1           remove   0  1  2           clear    0  1  3
 *            1  6  oldest               1  6  oldest               1  6  oldest
 *            7  6  number               7  6  number               7  6  first number that stays
 *           13  2  length of id
 *           15  …  id (UTF-8), then the bytes of the call
 *
 * `oldest`: no call with a smaller number was in the queue when the record was written. Calls usually leave in their
 * order, so that the next record makes up for a removal that is damaged: a call that came back would be sent again.
 */

const add = 1;
const remove = 2;
const clear = 3;
const bodyAt = 15;

/** A record of the queue, complete but for `oldest`. */
export interface QueueRecord {
  readonly record: Buffer;
  /** Does to the queue in memory what the record says. */
  readonly apply: () => void;
}

/** What is in the queue, and the records that say how it came to be. */
export class FileQueue {
  readonly #calls = new Map<number, StoredMutation>();
  /** Also of those that are on their way into the queue. */
  readonly #numbers = new Map<string, number>();
  #next = 0;
  /** The number after the last one whose record was written, or given up. */
  #settled = 0;
  #liveBytes = 0;

  /** A queue from the payloads of its journal. */
  static of(payloads: readonly Uint8Array[]): FileQueue {
    const queue = new FileQueue();
    for (const payload of payloads) queue.#replay(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength));
    return queue;
  }

  /** The calls, in their order. */
  list(): readonly StoredMutation[] {
    return Array.from(this.#calls.values(), ({ id, bytes }) => ({ id, bytes: bytes.slice() }));
  }

  /** How long a journal with nothing but what is in the queue would be, in bytes. */
  get liveBytes(): number {
    return this.#liveBytes;
  }

  adding({ id, bytes }: StoredMutation): QueueRecord {
    const number = this.#next++;
    this.#numbers.set(id, number);
    const record = addition(number, id, bytes);
    const call = { id, bytes: bytes.slice() };
    return { record, apply: () => this.#add(number, call) };
  }

  /** `undefined` when the queue has no such call. */
  removing(id: string): QueueRecord | undefined {
    const number = this.#numbers.get(id);
    if (number === undefined) return undefined;
    return { record: removal(remove, number), apply: () => this.#remove(number) };
  }

  clearing(): QueueRecord {
    const end = this.#next;
    return { record: removal(clear, end), apply: () => this.#removeBelow(end) };
  }

  /** Writes `oldest` into a record that is about to be written. */
  complete(record: Buffer): void {
    record.writeUIntLE(this.#oldest(), recordOverhead + 1, 6);
  }

  /** Nothing but what is in the queue, as a new journal has it. */
  compacted(): readonly Buffer[] {
    return Array.from(this.#calls, ([number, { id, bytes }]) => {
      const record = addition(number, id, bytes);
      this.complete(record);
      return record;
    });
  }

  #oldest(): number {
    for (const number of this.#calls.keys()) return number;
    return this.#settled;
  }

  #replay(payload: Buffer): void {
    if (payload.length < 13) return;
    this.#removeBelow(payload.readUIntLE(1, 6));
    const number = payload.readUIntLE(7, 6);
    this.#next = Math.max(this.#next, number + (payload[0] === clear ? 0 : 1));
    if (payload[0] === remove) this.#remove(number);
    if (payload[0] === clear) this.#removeBelow(number);
    if (payload[0] !== add) return;
    const body = bodyAt + payload.readUInt16LE(13);
    const id = payload.toString('utf8', bodyAt, body);
    this.#numbers.set(id, number);
    this.#add(number, { id, bytes: new Uint8Array(payload.subarray(body)) });
  }

  #add(number: number, call: StoredMutation): void {
    this.#calls.set(number, call);
    this.#settled = number + 1;
    this.#liveBytes += sizeOf(call);
  }

  #remove(number: number): void {
    const call = this.#calls.get(number);
    if (call === undefined) return;
    this.#calls.delete(number);
    this.#numbers.delete(call.id);
    this.#liveBytes -= sizeOf(call);
  }

  #removeBelow(end: number): void {
    for (const number of this.#calls.keys()) {
      if (number >= end) break;
      this.#remove(number);
    }
    this.#settled = Math.max(this.#settled, end);
    this.#next = Math.max(this.#next, end);
  }
}

function addition(number: number, id: string, bytes: Uint8Array): Buffer {
  const idBytes = Buffer.from(id, 'utf8');
  const record = newRecord(bodyAt + idBytes.length + bytes.length);
  const payload = record.subarray(recordOverhead);
  payload[0] = add;
  payload.writeUIntLE(number, 7, 6);
  payload.writeUInt16LE(idBytes.length, 13);
  payload.set(idBytes, bodyAt);
  payload.set(bytes, bodyAt + idBytes.length);
  return record;
}

function removal(kind: number, number: number): Buffer {
  const record = newRecord(13);
  record[recordOverhead] = kind;
  record.writeUIntLE(number, recordOverhead + 7, 6);
  return record;
}

function sizeOf({ id, bytes }: StoredMutation): number {
  return recordOverhead + bodyAt + id.length + bytes.length;
}
