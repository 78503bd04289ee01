import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seededRandom } from '../../support/random.ts';
import { commandsIn, heldIn, printHeld } from '../plain-storage.ts';
import { type OpenedStore, openStore } from '../storage-place.ts';
import { commandAt } from '../crash-commands.ts';
import { type FolderPlace, newFolderPlace } from './folder-place.ts';
import { bundleProcess } from '../../support/bundle-process.ts';

/** How often a process is killed; `npm run soak` sets it high. */
const crashes = Number(process.env['CRASHES'] ?? 30);
/** Every so many crashes a folder has had enough. */
const crashesPerFolder = 10;
const seed = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000);

/** What a process said before it was killed. */
interface LastWords {
  /** The number after that of the last command that was started. */
  readonly started: number;
  /** The number after that of the last command whose promise was fulfilled. */
  readonly done: number;
}

describe('a process that is killed while it writes', () => {
  let folder: string;
  let program: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spacetimedb-signals-crash-'));
    program = await bundleProcess(new URL('crash-writer.ts', import.meta.url), folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /**
   * Starts a process that writes, and kills it when it has started `commands` commands and what is to happen meanwhile has happened, or after `millis`
   * milliseconds.
   */
  function runAndKill(
    place: FolderPlace,
    run: { readonly seed: number; readonly first: number; readonly flush: string },
    kill: { readonly commands: number; readonly millis: number },
    meanwhile: () => Promise<unknown> = async () => undefined,
  ): Promise<LastWords> {
    const args = [place.folder, String(run.seed), String(run.first), run.flush];
    const child = spawn(process.execPath, [program, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), kill.millis);
    let said = '';
    let ready: Promise<unknown> | undefined;
    child.stdout.on('data', (text: Buffer) => {
      said += text.toString('latin1');
      ready ??= meanwhile();
      if (said.includes(`s${run.first + kill.commands}\n`)) void ready.then(() => child.kill('SIGKILL'));
    });
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (_, signal) => {
        clearTimeout(timer);
        if (signal !== 'SIGKILL') return reject(new Error(`the process ended by itself: ${said.slice(-2000)}`));
        const last = (letter: string): number =>
          [...said.matchAll(new RegExp(`^${letter}(\\d+)$`, 'gm'))].reduce(
            (most, [, index]) => Math.max(most, Number(index) + 1),
            run.first,
          );
        resolve({ started: last('s'), done: last('d') });
      });
    });
  }

  test(
    `leaves everything it was told is written, in order, none twice (seed ${seed}, ${crashes} times)`,
    async () => {
      const random = seededRandom(seed);
      let done = 0;
      let unsure = 0;
      for (let count = 0; count < crashes; count += crashesPerFolder) {
        await using place = await newFolderPlace();
        const run = { seed: seed + count, first: 0, flush: random.chance(0.3) ? 'mutations' : 'never' };
        for (let crash = count; crash < Math.min(crashes, count + crashesPerFolder); crash++) {
          const early = random.chance(0.15);
          const kill = { commands: 1 + random.below(400), millis: early ? 60 + random.below(200) : 20_000 };
          const words = await runAndKill(place, run, kill);
          const { store, access, damaged } = await openStore(place);
          expect([access, damaged]).toEqual(['readWrite', []]);
          const held = await heldIn(store);
          await store.dispose();
          const next = commandsIn(held, (index) => commandAt(run.seed, index), words);
          if (next === undefined)
            throw new Error(`crash ${crash}: no prefix explains ${printHeld(held)} after ${JSON.stringify(words)}`);
          done += words.done - run.first;
          unsure += next - words.done;
          run.first = next;
        }
      }
      console.info(`${crashes} crashes: ${done} writes were promised and are there, of those under way ${unsure} more`);
      expect(done).toBeGreaterThan(crashes);
    },
    60_000 + crashes * 5000,
  );

  test('leaves the store to one that waits', async () => {
    await using place = await newFolderPlace({ lockTimes: { beatMs: 5000, leaseMs: 20_000, pollMs: 20 } });
    const run = { seed: 1, first: 0, flush: 'never' };
    const waiting: OpenedStore[] = [];
    const words = await runAndKill(place, run, { commands: 300, millis: 50_000 }, async () => {
      waiting.push(await openStore(place));
    });
    expect(waiting).toHaveLength(1);
    for (const { store, access, becameWriter, damaged } of waiting) {
      expect(access).toBe('readOnly');
      await becameWriter;
      expect(commandsIn(await heldIn(store), (index) => commandAt(run.seed, index), words)).toBeDefined();
      expect(damaged).toEqual([]);
      await store.enqueueMutation({ id: 'after', bytes: new Uint8Array(1) });
      await store.dispose();
    }
  });
});
