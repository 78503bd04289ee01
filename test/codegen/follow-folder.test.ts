import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { followFolder } from '../../codegen/follow-folder.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Follows a folder; `next` resolves with the number of the next run. */
function following(folder: string, isOfInterest: (path: string) => boolean = () => true) {
  let runs = 0;
  let wake = (): void => undefined;
  const interrupted = new AbortController();
  const run = async (): Promise<void> => {
    runs++;
    wake();
    return Promise.resolve();
  };
  const ended = followFolder(folder, isOfInterest, run, interrupted.signal);
  onTestFinished(async () => {
    interrupted.abort();
    await ended;
  });
  return {
    /** Changes something, once what was changed before has been followed. */
    after: async (change: () => void): Promise<number> => {
      const next = new Promise<void>((resolve) => {
        wake = resolve;
      });
      change();
      await next;
      return runs;
    },
  };
}

test('a folder is followed into folders that are new, and to files that take the place of others', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'a'));
  const { after } = following(folder);
  const write = (path: string) => () => writeFileSync(join(folder, path), String(Math.random()));
  expect(await after(write('a/one.ts'))).toBe(2);
  expect(await after(() => mkdirSync(join(folder, 'a/b/c'), { recursive: true }))).toBe(3);
  expect(await after(write('a/b/c/two.ts'))).toBe(4);
  const replace = (): void => {
    write('a/b/c/two.ts~')();
    renameSync(join(folder, 'a/b/c/two.ts~'), join(folder, 'a/b/c/two.ts'));
  };
  expect(await after(replace)).toBe(5);
  expect(await after(replace)).toBe(6);
  expect(await after(() => rmSync(join(folder, 'a/b'), { recursive: true }))).toBe(7);
  expect(await after(write('a/one.ts'))).toBe(8);
});

test('what follows from the rest, what is hidden and what is of no interest does not count', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'target'));
  const { after } = following(folder, (path) => path !== 'readme.md');
  const changes = (): void => {
    for (const path of ['target/x', '.hidden', 'readme.md']) writeFileSync(join(folder, path), '');
    mkdirSync(join(folder, 'node_modules/p'), { recursive: true });
    writeFileSync(join(folder, 'node_modules/p/index.js'), '');
  };
  const counted = after(() => setTimeout(() => writeFileSync(join(folder, 'last.ts'), ''), 700));
  changes();
  expect(await counted).toBe(2);
});

test('a folder that is not there cannot be followed', async () => {
  const following = followFolder(
    join(temporaryFolder(), 'nowhere'),
    () => true,
    async () => Promise.resolve(),
    new AbortController().signal,
  );
  await expect(following).rejects.toThrow('ENOENT');
});
