import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileOfflineStorage } from '../../src/offline/files/file-offline-storage.ts';
import { type FileSystem, systemFiles } from '../../src/offline/files/file-system.ts';
import { loadOurs, settled } from './ours.ts';
import { frameOf, updateMessage } from './player.ts';

/** What a client wrote to its files, in bytes. */
interface OfflineBytes {
  /** All rows, when they came. */
  readonly snapshot: number;
  /** For each row that changed, on average; a row has 53 bytes on average. */
  readonly perChangedRow: number;
  /** How often the disk was waited for while rows changed. */
  readonly syncs: number;
}

interface OfflineBytesOptions {
  readonly rows: number;
  /** How many rows each transaction changes. */
  readonly rowsPerTransaction: number;
  readonly transactions: number;
}

/** A client with all players, whose rows change as said; every transaction is written before the next one comes. */
export async function measureOfflineBytes(options: OfflineBytesOptions): Promise<OfflineBytes> {
  const { rows, rowsPerTransaction, transactions } = options;
  const folder = await mkdtemp(join(tmpdir(), 'spacetimedb-signals-bytes-'));
  const counted = countingFiles();
  const storage = new PatientStorage(join(folder, 'store'), { files: counted.files });
  try {
    const { client, querySetId, deliver } = await loadOurs(rows, { offlineStorage: storage });
    await storage.written();
    const snapshot = counted.bytes;
    counted.bytes = 0;
    counted.syncs = 0;
    for (let transaction = 0; transaction < transactions; transaction++) {
      // The table is gone through from end to end, again and again.
      const start = transaction * rowsPerTransaction;
      const ids = Array.from({ length: rowsPerTransaction }, (_, index) => (start + index) % rows);
      const version = Math.floor(start / rows);
      deliver(frameOf(updateMessage([querySetId], ids, version, version + 1)));
      await settled();
      await storage.written();
    }
    const { bytes, syncs } = counted;
    await client.dispose();
    return { snapshot, perChangedRow: bytes / (transactions * rowsPerTransaction), syncs };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Knows what is still being written. */
class PatientStorage extends FileOfflineStorage {
  readonly #writing: Promise<void>[] = [];

  override saveTableSnapshot(table: string, snapshot: Uint8Array): Promise<void> {
    return this.#watch(super.saveTableSnapshot(table, snapshot));
  }

  override appendTableChanges(table: string, changes: Uint8Array): Promise<void> {
    return this.#watch(super.appendTableChanges(table, changes));
  }

  override setLastSyncTime(table: string, microseconds: bigint): Promise<void> {
    return this.#watch(super.setLastSyncTime(table, microseconds));
  }

  async written(): Promise<void> {
    while (this.#writing.length > 0) {
      await Promise.all(this.#writing.splice(0));
      await settled();
    }
  }

  #watch(write: Promise<void>): Promise<void> {
    this.#writing.push(write);
    return write;
  }
}

function countingFiles(): { readonly files: FileSystem; bytes: number; syncs: number } {
  const counted = { files: systemFiles, bytes: 0, syncs: 0 };
  const open: FileSystem['open'] = async (path, isNew) => {
    const file = await systemFiles.open(path, isNew);
    return {
      ...file,
      write: (bytes, position) => {
        counted.bytes += bytes.length;
        return file.write(bytes, position);
      },
      sync: () => {
        counted.syncs += 1;
        return file.sync();
      },
    };
  };
  counted.files = { ...systemFiles, open };
  return counted;
}

/** What a call in the queue costs. */
interface QueuedCalls {
  /** Milliseconds for one call, when each waits for the one before. */
  readonly oneByOne: number;
  /** The same when a hundred come together. */
  readonly together: number;
  /** Bytes for a call of 20 bytes that is added and taken out. */
  readonly bytes: number;
}

/** Adds calls to a queue, and takes them out. */
async function measureQueuedCalls(flush: 'mutations' | 'never', calls: number): Promise<QueuedCalls> {
  const folder = await mkdtemp(join(tmpdir(), 'spacetimedb-signals-calls-'));
  const counted = countingFiles();
  const storage = new FileOfflineStorage(join(folder, 'store'), { files: counted.files, flush });
  const timed = async (run: () => Promise<unknown>): Promise<number> => {
    const start = performance.now();
    await run();
    return (performance.now() - start) / calls;
  };
  const call = (id: string): Promise<void> => storage.enqueueMutation({ id, bytes: new Uint8Array(20) });
  try {
    await storage.initialize({ onBecameWriter: () => undefined, onDamaged: () => undefined });
    await call('first');
    counted.bytes = 0;
    const ids = Array.from({ length: calls }, (_, index) => `call-${index}`);
    const oneByOne = await timed(async () => {
      for (const id of ids) await call(id);
    });
    for (const id of ids) await storage.dequeueMutation(id);
    const bytes = counted.bytes / calls;
    const together = await timed(async () => {
      for (let at = 0; at < calls; at += 100) {
        await Promise.all(ids.slice(at, at + 100).map((id) => call(`${id}-again`)));
      }
    });
    await storage.dispose();
    return { oneByOne, together, bytes };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The tables of the bench. */
export async function offlineBytesText(): Promise<string> {
  const lines = [
    '| table | transactions | bytes per changed row (a row has 53) | the whole table |',
    '|---|---|---|---|',
  ];
  for (const [rows, rowsPerTransaction, transactions] of [
    [1000, 1, 20_000],
    [100_000, 1, 2000],
    [100_000, 10, 2000],
    [100_000, 1000, 200],
  ] as const) {
    const { snapshot, perChangedRow } = await measureOfflineBytes({ rows, rowsPerTransaction, transactions });
    const changed = `${transactions} of ${rowsPerTransaction} ${rowsPerTransaction === 1 ? 'row' : 'rows'}`;
    lines.push(`| ${rows} rows | ${changed} | ${perChangedRow.toFixed(1)} | ${snapshot} |`);
  }
  lines.push('', '| flush | ms per call | of a hundred together | bytes, added and taken out |', '|---|---|---|---|');
  for (const flush of ['mutations', 'never'] as const) {
    const { oneByOne, together, bytes } = await measureQueuedCalls(flush, 1000);
    lines.push(`| ${flush} | ${oneByOne.toFixed(3)} | ${together.toFixed(3)} | ${bytes.toFixed(0)} |`);
  }
  return lines.join('\n');
}
