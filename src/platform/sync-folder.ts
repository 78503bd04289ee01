import { open } from 'node:fs/promises';

/** Waits until the names in a folder are on the disk: a file that was renamed has its new one after a power failure, too. */
export async function syncFolder(path: string): Promise<void> {
  // Windows writes names by itself, and opens no folders.
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
