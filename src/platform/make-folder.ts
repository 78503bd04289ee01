import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { hasCode } from '../errors.ts';

/**
 * Makes a folder, with those on the way to it; one that is there stays as it is. `mode` is for those that are made.
 *
 * The `recursive` of Node's own `mkdir` does the same, but never comes back from a place such as `/proc`: it takes "there is no such folder"
 * for a missing folder above, which is there, and tries again for ever, on a thread that nothing can end.
 */
export async function makeFolder(path: string, mode = 0o777): Promise<void> {
  const first = await make(path, mode);
  if (first === undefined) return;
  const above = dirname(path);
  if (above === path) throw first.cause;
  // Others may make it at the same time.
  await makeFolder(above, mode);
  const second = await make(path, mode);
  if (second !== undefined) throw new Error(`${above} is a place where no folder can be made`, second);
}

/** Makes it, where the one above is there. Returns the error that it is not, of whatever realm; throws all others. */
async function make(path: string, mode: number): Promise<{ readonly cause: unknown } | undefined> {
  try {
    await mkdir(path, { mode });
  } catch (cause) {
    if (await isFolder(path)) return undefined;
    if (hasCode(cause, 'ENOENT')) return { cause };
    throw cause;
  }
  return undefined;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    // Whoever makes it says why it is not there.
    return false;
  }
}
