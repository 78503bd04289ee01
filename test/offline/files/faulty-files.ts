import { type FileSystem, type OpenFile, systemFiles } from '../../../src/offline/files/file-system.ts';

/** A file system that can fail, and that counts what is written. */
export interface FaultyFiles extends FileSystem {
  /** Whether the operation of this number, counted from 0, fails; a write that fails has written half of its bytes. */
  failing: (operation: number) => boolean;
  /** How many operations there were that could have failed. */
  operations: number;
  /** How many bytes were written. */
  bytesWritten: number;
  /** How often somebody waited for the disk. */
  syncs: number;
}

/** The file system of this machine, with errors of its own: `code`, such as `ENOSPC`. */
export function faultyFiles(code: string): FaultyFiles {
  const mayFail = async (half: () => Promise<unknown> = async () => undefined): Promise<void> => {
    const isFailing = files.failing(files.operations);
    files.operations += 1;
    if (!isFailing) return;
    await half();
    throw Object.assign(new Error(`${code}: made up by a test`), { code });
  };
  const wrap = (file: OpenFile): OpenFile => ({
    write: async (bytes, position) => {
      const half = bytes.subarray(0, bytes.length >> 1);
      await mayFail(() => file.write(half, position));
      files.bytesWritten += bytes.length;
      return file.write(bytes, position);
    },
    truncate: (length) => mayFail().then(() => file.truncate(length)),
    sync: async () => {
      await mayFail();
      files.syncs += 1;
      return file.sync();
    },
    close: () => file.close(),
  });
  const files: FaultyFiles = {
    ...systemFiles,
    failing: () => false,
    operations: 0,
    bytesWritten: 0,
    syncs: 0,
    open: (path, isNew) => mayFail().then(async () => wrap(await systemFiles.open(path, isNew))),
    rename: (from, to) => mayFail().then(() => systemFiles.rename(from, to)),
    copy: (from, to) => mayFail().then(() => systemFiles.copy(from, to)),
    remove: (path) => mayFail().then(() => systemFiles.remove(path)),
  };
  return files;
}
