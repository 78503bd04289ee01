import { type FileSystem, type OpenFile, systemFiles } from '../../../src/offline/files/file-system.ts';

/** What may fail. */
type FaultyOperation = 'open' | 'write' | 'truncate' | 'sync' | 'rename' | 'copy' | 'remove';

/** A file system that can fail, and that counts what is written. */
export interface FaultyFiles extends FileSystem {
  /** Whether the operation of this number, counted from 0, fails. */
  failing: (operation: number, kind: FaultyOperation) => boolean;
  /** How much of its bytes a write has written that fails: half of them, unless it is said. */
  writtenPart: number;
  /** How many operations there were that could have failed. */
  operations: number;
  /** How many bytes were written. */
  bytesWritten: number;
  /** How often somebody waited for the disk. */
  syncs: number;
}

/** The file system of this machine, with errors of its own: `code`, such as `ENOSPC`. */
export function faultyFiles(code: string): FaultyFiles {
  const mayFail = async (
    kind: FaultyOperation,
    before: () => Promise<unknown> = async () => undefined,
  ): Promise<void> => {
    const isFailing = files.failing(files.operations, kind);
    files.operations += 1;
    if (!isFailing) return;
    await before();
    throw Object.assign(new Error(`${code}: made up by a test`), { code });
  };
  const wrap = (file: OpenFile): OpenFile => ({
    write: async (bytes, position) => {
      const part = bytes.subarray(0, Math.floor(bytes.length * files.writtenPart));
      await mayFail('write', () => file.write(part, position));
      files.bytesWritten += bytes.length;
      return file.write(bytes, position);
    },
    truncate: (length) => mayFail('truncate').then(() => file.truncate(length)),
    sync: async () => {
      await mayFail('sync');
      files.syncs += 1;
      return file.sync();
    },
    close: () => file.close(),
  });
  const files: FaultyFiles = {
    ...systemFiles,
    failing: () => false,
    writtenPart: 0.5,
    operations: 0,
    bytesWritten: 0,
    syncs: 0,
    open: (path, isNew) => mayFail('open').then(async () => wrap(await systemFiles.open(path, isNew))),
    rename: (from, to) => mayFail('rename').then(() => systemFiles.rename(from, to)),
    copy: (from, to) => mayFail('copy').then(() => systemFiles.copy(from, to)),
    remove: (path) => mayFail('remove').then(() => systemFiles.remove(path)),
  };
  return files;
}
