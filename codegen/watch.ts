import { access } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { followFolder, pauseFor } from './follow-folder.ts';
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

async function watchProject(
  project: string,
  outputFolder: string,
  again: () => Promise<boolean>,
  { cwd, interrupted }: WatchEnvironment,
): Promise<void> {
  const folder = resolve(cwd, project);
  const isOfInterest = (path: string): boolean => relative(outputFolder, resolve(folder, path)).startsWith('..');
  await about(project, () => access(folder));
  await followFolder(folder, isOfInterest, again, interrupted);
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
