import { join } from 'node:path';
import { type StoredTable } from '../offline-storage.ts';
import { nothingToAddTo } from '../store-access.ts';
import { newRecord, recordOverhead } from './file-format.ts';
import { FileJournal, type JournalSurroundings, readOnlyJournal } from './file-journal.ts';
import { type Append } from './file-lane.ts';
import { tableFile } from './file-names.ts';

/*
 * The journal of a table has its snapshot as the first record and then its changes. Payloads:
 *
 *   0  1  1 snapshot, 2 changes
 *   1  …  the bytes
 */

const snapshotKind = 1;
const changesKind = 2;

interface HeldTable {
  readonly journal: FileJournal;
  /** Whether there is something to add changes to; `undefined` as long as nobody looked. */
  hasSnapshot: boolean | undefined;
}

/** The journals of the tables, for their writer. */
export class FileTables {
  readonly #folder: string;
  readonly #surroundings: JournalSurroundings;
  /** By the names of their files. */
  readonly #held = new Map<string, HeldTable>();

  constructor(folder: string, surroundings: JournalSurroundings) {
    this.#folder = folder;
    this.#surroundings = surroundings;
  }

  /** The record that `save` takes: a copy of the snapshot as it is now. */
  snapshotRecord(snapshot: Uint8Array): Buffer {
    return recordOf(snapshotKind, snapshot);
  }

  async save(table: string, record: Buffer): Promise<void> {
    const held = await this.#lookedAt(tableFile(table));
    held.hasSnapshot = undefined;
    await held.journal.replace([record]);
    held.hasSnapshot = true;
  }

  async load(table: string): Promise<StoredTable | undefined> {
    return this.#load(this.#heldAs(tableFile(table)));
  }

  /** What another process holds of a table. */
  async loadReadOnly(table: string): Promise<StoredTable | undefined> {
    return tableOf(await readOnlyJournal(join(this.#folder, tableFile(table)), 'table', this.#surroundings));
  }

  async clear(table: string): Promise<void> {
    const held = await this.#lookedAt(tableFile(table));
    held.hasSnapshot = undefined;
    await held.journal.remove();
    held.hasSnapshot = false;
  }

  /** How changes are added to a table, as they are now. */
  appending(table: string, changes: Uint8Array, isFlushed: boolean): Append {
    const name = tableFile(table);
    return {
      journal: this.#heldAs(name).journal,
      record: recordOf(changesKind, changes),
      prepare: async () => {
        const { hasSnapshot } = await this.#lookedAt(name);
        if (hasSnapshot !== true) throw nothingToAddTo(table);
      },
      isFlushed,
      apply: () => undefined,
    };
  }

  /** Sees to it that no file of another format has the name of a table. */
  async lookAt(names: readonly string[]): Promise<void> {
    for (const name of names) {
      if (/^table-.*\.journal$/.test(name)) await this.#lookedAt(name);
    }
  }

  /** Lets go of all files, which are about to be removed. */
  async forget(): Promise<void> {
    for (const held of this.#held.values()) {
      await held.journal.forget();
      held.hasSnapshot = false;
    }
  }

  async close(): Promise<void> {
    for (const { journal } of this.#held.values()) await journal.close();
  }

  #heldAs(name: string): HeldTable {
    let held = this.#held.get(name);
    if (held === undefined) {
      held = {
        journal: new FileJournal(join(this.#folder, name), 'table', this.#surroundings),
        hasSnapshot: undefined,
      };
      this.#held.set(name, held);
    }
    return held;
  }

  async #lookedAt(name: string): Promise<HeldTable> {
    const held = this.#heldAs(name);
    if (held.hasSnapshot === undefined) await this.#load(held);
    return held;
  }

  async #load(held: HeldTable): Promise<StoredTable | undefined> {
    const table = tableOf(await held.journal.load());
    held.hasSnapshot = table !== undefined;
    return table;
  }
}

/** Changes without the snapshot that they belong to are of no use. */
function tableOf(payloads: readonly Uint8Array[]): StoredTable | undefined {
  const [first, ...rest] = payloads;
  if (first?.[0] !== snapshotKind) return undefined;
  return { snapshot: first.subarray(1), changes: rest.map((payload) => payload.subarray(1)) };
}

function recordOf(kind: number, bytes: Uint8Array): Buffer {
  const record = newRecord(1 + bytes.length);
  record[recordOverhead] = kind;
  record.set(bytes, recordOverhead + 1);
  return record;
}
