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
  try {
    await mkdir(path, { mode });
  } catch (cause) {
    if (await isFolder(path)) return;
    const above = dirname(path);
    if (!hasCode(cause, 'ENOENT') || above === path) throw cause;
    if (await isFolder(above)) throw new Error(`${above} is a place where no folder can be made`, { cause });
    await makeFolder(above, mode);
    await makeFolder(path, mode);
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    // Whoever makes it says why it is not there.
    return false;
  }
}
