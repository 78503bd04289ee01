import { existsSync, type FSWatcher, readdirSync, statSync, watch as watchFolder } from 'node:fs';
import { join, sep } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** How long a folder has to be quiet before what changed counts, in milliseconds: an editor saves several files at once. */
const quietMs = 300;

/** Folders whose content follows from the rest. */
const derived: ReadonlySet<string> = new Set(['target', 'node_modules', 'bin', 'obj', 'dist', 'build']);

/**
 * Runs `run` now and after each change in a folder that `isOfInterest` (a path from the folder), until it is interrupted. What follows from the rest and hidden files
 * never count. Throws when there is no such folder.
 */
export async function followFolder(
  folder: string,
  isOfInterest: (path: string) => boolean,
  run: () => Promise<unknown>,
  interrupted: AbortSignal,
): Promise<void> {
  const changes = new Changes();
  const watchers = new FolderWatchers(folder, (path) => {
    if (isOfInterest(path)) changes.happened();
  });
  const end = (): void => changes.happened();
  interrupted.addEventListener('abort', end);
  try {
    while (!interrupted.aborted) {
      // What changes while it runs counts too.
      const change = changes.next();
      await run();
      await change;
      while (!interrupted.aborted && (await happensWithin(quietMs, changes.next(), interrupted)));
    }
  } finally {
    interrupted.removeEventListener('abort', end);
    watchers.close();
  }
}

function isDerived(path: string): boolean {
  return path.split(sep).some((part) => derived.has(part) || part.startsWith('.'));
}

/**
 * Watches a folder and all folders in it but for what is derived, which may be very much. Each folder has a watcher of its own: Node's recursive ones lose a file
 * that an editor replaces by another of the same name.
 */
class FolderWatchers {
  readonly #root: string;
  readonly #onChange: (path: string) => void;
  /** By path from the root. */
  readonly #watchers = new Map<string, FSWatcher>();

  constructor(root: string, onChange: (path: string) => void) {
    this.#root = root;
    this.#onChange = onChange;
    this.#watch('');
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
  }

  #watch(folder: string): void {
    const watcher = watchFolder(join(this.#root, folder), (_, name) => {
      if (name !== null) this.#changed(join(folder, name));
    });
    // A folder that goes away says so by an event of the one that it is in.
    watcher.on('error', () => this.#forget(folder));
    this.#watchers.set(folder, watcher);
    for (const entry of readdirSync(join(this.#root, folder), { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && !isDerived(path)) this.#watch(path);
    }
  }

  #changed(path: string): void {
    if (isDerived(path)) return;
    const isFolder = statSync(join(this.#root, path), { throwIfNoEntry: false })?.isDirectory() ?? false;
    if (!isFolder) this.#forget(path);
    else if (!this.#watchers.has(path)) this.#watchNew(path);
    this.#onChange(path);
  }

  /** A folder that came into being may be gone already. */
  #watchNew(folder: string): void {
    try {
      this.#watch(folder);
    } catch (error) {
      this.#forget(folder);
      if (existsSync(join(this.#root, folder))) throw error;
    }
  }

  #forget(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
  }
}

/** Tells those who wait that something changed. */
class Changes {
  #waiting: (() => void)[] = [];

  next(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  happened(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

function happensWithin(ms: number, event: Promise<void>, interrupted: AbortSignal): Promise<boolean> {
  return Promise.race([event.then(() => true), pauseFor(ms, interrupted).then(() => false)]);
}

/** Waits, but not longer than until it is interrupted. */
export async function pauseFor(ms: number, interrupted: AbortSignal): Promise<void> {
  try {
    await wait(ms, undefined, { signal: interrupted });
  } catch (error) {
    if (!interrupted.aborted) throw error;
  }
}
