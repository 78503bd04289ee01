/*
 * Each method writes one value, because only that is atomic here. What it replaces is removed afterwards, and has to be
 * recognisable as garbage until then.
 *
 *   table/GENERATION/NAME        a snapshot; of several of one table, that of the highest generation counts
 *   change/GENERATION/NUMBER     what was added to the snapshot of that generation; garbage without it
 *   merged/GENERATION/FIRST/LAST all changes from FIRST to LAST; with it, they are garbage themselves
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
  /** Changes that were merged, in the order in which they were added. */
  readonly merged: string[];
  /** Those that were added after them. */
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

/** Makes the key under which the changes from one key to another are merged. */
export function mergedKey(first: string, last: string): string {
  return `merged/${first.slice('change/'.length)}/${last.slice(-16)}`;
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

interface ChangeKey {
  readonly key: string;
  readonly kind: 'change' | 'merged';
  readonly generation: number;
  readonly first: number;
  readonly last: number;
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
    const changes: ChangeKey[] = [];
    // Lower generations and numbers first, and `change` before `merged`.
    for (const key of [...keys].sort(compare)) {
      const [, kind, digits, rest = ''] = /^(table|change|merged|call)\/(\d{16})\/([^]*)$/.exec(key) ?? [];
      const number = Number(digits);
      if (kind === 'table') this.replaceTable(rest, number);
      if (kind === 'change' || kind === 'merged') {
        const [first, last = first] = rest.split('/').map(Number);
        changes.push({ key, kind, generation: number, first: first ?? 0, last: last ?? 0 });
      }
      if (kind !== 'call') continue;
      if (number < cleared) this.garbage.add(key);
      else this.calls.set(rest, key);
      this.#nextNumber = Math.max(this.#nextNumber, number + 1);
    }
    this.#addChanges(changes);
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
    this.tables.set(table, { generation, snapshot: tableKey(generation, table), merged: [], changes: [] });
    this.#nextGeneration = Math.max(this.#nextGeneration, generation + 1);
  }

  /** Nothing is held of a table any more. */
  dropTable(table: string): void {
    const held = this.tables.get(table);
    if (held === undefined) return;
    for (const key of [held.snapshot, ...held.merged, ...held.changes]) this.garbage.add(key);
    this.tables.delete(table);
  }

  /** The changes of a table are all under one key. */
  mergeChanges({ merged, changes }: TableKeys, key: string): void {
    merged.push(key);
    for (const each of changes.splice(0)) this.garbage.add(each);
  }

  /** The queue is empty. */
  dropCalls(): void {
    for (const key of this.calls.values()) this.garbage.add(key);
    this.calls.clear();
  }

  #addChanges(changes: readonly ChangeKey[]): void {
    const tables = new Map([...this.tables.values()].map((table) => [table.generation, table]));
    for (const { key, kind, generation, last } of changes) {
      this.#nextGeneration = Math.max(this.#nextGeneration, generation + 1);
      this.#nextNumber = Math.max(this.#nextNumber, last + 1);
      const table = tables.get(generation);
      if (table === undefined) this.garbage.add(key);
      else if (kind === 'merged') table.merged.push(key);
    }
    for (const { key, kind, generation, first } of changes) {
      const table = tables.get(generation);
      if (table === undefined || kind === 'merged') continue;
      // What was merged was merged from the beginning.
      const isMerged = first <= Number(table.merged.at(-1)?.slice(-16) ?? -1);
      if (isMerged) this.garbage.add(key);
      else table.changes.push(key);
    }
  }
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
