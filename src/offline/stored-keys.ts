/*
 * Each method writes one value, because only that is atomic here. What it replaces is removed afterwards, and has to be
 * recognisable as garbage until then.
 *
 *   table/GENERATION/NAME        a snapshot; of several of one table, that of the highest generation counts
 *   change/GENERATION/NUMBER     what was added to the snapshot of that generation; garbage without it
 *   call/NUMBER/ID               a call in the queue
 *   cleared                      a number as text: calls with smaller numbers are garbage
 *   time/NAME                    a time as text
 *
 * Generations and numbers have 16 digits, so that keys sort as numbers do. No generation is used twice while anything of
 * it is left.
 */

/** Under which the number is kept that the queue begins with since it was cleared. */
export const clearedKey = 'cleared';

/** A snapshot and its changes, by their keys. */
export interface TableKeys {
  readonly generation: number;
  readonly snapshot: string;
  /** In the order in which they were added. */
  readonly changes: string[];
}

/** Makes the key of a snapshot. */
export function tableKey(generation: number, table: string): string {
  return `table/${digits(generation)}/${table}`;
}

/** Makes the key of changes. */
export function changeKey(generation: number, number: number): string {
  return `change/${digits(generation)}/${digits(number)}`;
}

/** Makes the key of a call. */
export function callKey(number: number, id: string): string {
  return `call/${digits(number)}/${id}`;
}

/** Makes the key of a time. */
export function timeKey(table: string): string {
  return `time/${table}`;
}

function digits(number: number): string {
  return String(number).padStart(16, '0');
}

/** What the keys of a database say is in it. */
export class StoredKeys {
  readonly tables: Map<string, TableKeys> = new Map();
  /** The keys of the calls, by their ids, in the order of the queue. */
  readonly calls: Map<string, string> = new Map();
  /** What counts no more. */
  readonly garbage: Set<string> = new Set();
  #nextGeneration = 1;
  #nextNumber: number;

  /** `cleared`: what is kept under that key. */
  constructor(keys: readonly string[] = [], cleared = 0) {
    this.#nextNumber = cleared;
    const changes: { readonly key: string; readonly generation: number }[] = [];
    // Lower generations and numbers first.
    for (const key of [...keys].sort(compare)) {
      const parts = /^(table|change|call)\/(\d{16})\/([^]*)$/.exec(key);
      const [, kind, digits, rest = ''] = parts ?? [];
      const number = Number(digits);
      if (kind === 'table') this.replaceTable(rest, number);
      if (kind === 'change') {
        changes.push({ key, generation: number });
        this.#nextNumber = Math.max(this.#nextNumber, Number(rest) + 1);
      }
      if (kind !== 'call') continue;
      if (number < cleared) this.garbage.add(key);
      else this.calls.set(rest, key);
      this.#nextNumber = Math.max(this.#nextNumber, number + 1);
    }
    const byGeneration = new Map([...this.tables.values()].map((table) => [table.generation, table]));
    for (const { key, generation } of changes) {
      const table = byGeneration.get(generation);
      if (table === undefined) this.garbage.add(key);
      else table.changes.push(key);
      this.#nextGeneration = Math.max(this.#nextGeneration, generation + 1);
    }
  }

  /** The number of the next call, or of the next changes. */
  get nextNumber(): number {
    return this.#nextNumber;
  }

  newNumber(): number {
    return this.#nextNumber++;
  }

  newGeneration(): number {
    return this.#nextGeneration++;
  }

  /** A new snapshot is there: what was held of the table before is garbage. */
  replaceTable(table: string, generation: number): void {
    this.dropTable(table);
    this.tables.set(table, { generation, snapshot: tableKey(generation, table), changes: [] });
    this.#nextGeneration = Math.max(this.#nextGeneration, generation + 1);
  }

  /** Nothing is held of a table any more. */
  dropTable(table: string): void {
    const held = this.tables.get(table);
    if (held === undefined) return;
    for (const key of [held.snapshot, ...held.changes]) this.garbage.add(key);
    this.tables.delete(table);
  }

  /** The queue is empty. */
  dropCalls(): void {
    for (const key of this.calls.values()) this.garbage.add(key);
    this.calls.clear();
  }
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
