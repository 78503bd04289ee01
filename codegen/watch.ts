import { watch as watchFolder } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { about, messageFor } from './source/failure.ts';
import { type ModuleSource, type SourceEnvironment } from './source/read-module.ts';

/** What is watched, and the folder, in full, that changes of are our own. */
export interface Watched {
  readonly source: ModuleSource;
  readonly folder: string;
}

interface WatchEnvironment extends Pick<SourceEnvironment, 'cwd' | 'warn'> {
  readonly interrupted: AbortSignal;
}

/** How long a project has to be quiet before it is built again, in milliseconds: an editor saves several files at once. */
const quietMs = 300;

/** How often a server is asked, in milliseconds, and how seldom at most while it does not answer. */
const pollMs = 1000;
const longestPollMs = 10_000;

/**
 * Runs `run` for every output now and whenever its source may have changed, until it is interrupted. An error is said and changes nothing: what was
 * written before stays.
 */
export async function watch(
  outputs: readonly Watched[],
  run: (index: number) => Promise<unknown>,
  environment: WatchEnvironment,
): Promise<void> {
  await Promise.all(
    outputs.map(async (output, index) => {
      const again = attempts(() => run(index), environment);
      if (output.source.kind === 'project') await watchProject(output.source.folder, output.folder, again, environment);
      else await pollServer(again, environment.interrupted);
    }),
  );
}

async function pollServer(again: () => Promise<boolean>, interrupted: AbortSignal): Promise<void> {
  let pause = pollMs;
  while (!interrupted.aborted) {
    pause = (await again()) ? pollMs : Math.min(pause * 2, longestPollMs);
    await pauseFor(pause, interrupted);
  }
}

/** Folders whose content follows from the rest. */
const derived: ReadonlySet<string> = new Set(['target', 'node_modules', 'bin', 'obj', 'dist', 'build']);

async function watchProject(
  project: string,
  outputFolder: string,
  again: () => Promise<boolean>,
  { cwd, interrupted }: WatchEnvironment,
): Promise<void> {
  const folder = resolve(cwd, project);
  const changes = new Changes();
  const watcher = await about(project, () =>
    watchFolder(folder, { recursive: true }, (_, name) => {
      if (name !== null && isOfInterest(folder, name, outputFolder)) changes.happened();
    }),
  );
  const end = (): void => changes.happened();
  interrupted.addEventListener('abort', end);
  try {
    while (!interrupted.aborted) {
      // What changes while it is built counts too.
      const change = changes.next();
      await again();
      await change;
      while (!interrupted.aborted && (await happensWithin(quietMs, changes.next(), interrupted)));
    }
  } finally {
    interrupted.removeEventListener('abort', end);
    watcher.close();
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

function isOfInterest(folder: string, name: string, outputFolder: string): boolean {
  const fromOutput = relative(outputFolder, resolve(folder, name));
  if (!fromOutput.startsWith('..')) return false;
  return !name.split(sep).some((part) => derived.has(part) || part.startsWith('.'));
}

/** A function that runs once and returns whether it went well; the same error again is said once. What is no error for users is thrown on. */
function attempts(run: () => Promise<unknown>, { warn }: WatchEnvironment): () => Promise<boolean> {
  let said: string | undefined;
  return async () => {
    try {
      await run();
      said = undefined;
      return true;
    } catch (error) {
      const message = messageFor(error);
      if (message === undefined) throw error;
      if (message !== said) warn(`${message}; what was written before stays as it is`);
      said = message;
      return false;
    }
  };
}

async function pauseFor(ms: number, interrupted: AbortSignal): Promise<void> {
  try {
    await wait(ms, undefined, { signal: interrupted });
  } catch (error) {
    if (!interrupted.aborted) throw error;
  }
}
