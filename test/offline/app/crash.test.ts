import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FileTokenStore } from '../../../src/connection/file-token-store.ts';
import { EmbeddedServer } from '../../../src/embedded/index.ts';
import { firstWhere } from '../../../src/helpers.ts';
import { FileOfflineStorage } from '../../../src/offline/files/file-offline-storage.ts';
import { type ClientOptions } from '../../../src/options.ts';
import { SpacetimeDbClient } from '../../generated/reference/index.ts';
import { seededRandom } from '../../support/random.ts';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';
import { bundleProcess } from '../../support/bundle-process.ts';

const module = new URL('../../reference-module/reference-module.wasm', import.meta.url);

/** How often a process is killed; `npm run soak` sets it higher. */
const crashes = Math.max(10, Math.floor(Number(process.env['CRASHES'] ?? 0) / 20));
const seed = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000);

/** The numbers of the calls that a process made, and of those whose promise was fulfilled. */
interface Said {
  readonly started: readonly number[];
  readonly done: readonly number[];
}

/** Runs a process until it has made `calls` calls, then kills it. Calls back for every tenth call. */
function runAndKill(args: readonly string[], calls: number, onTenth: () => void): Promise<Said> {
  const child = spawn(process.execPath, [...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  let seen = 0;
  const numbersOf = (letter: string): number[] =>
    [...text.matchAll(new RegExp(`^${letter}(\\d+)$`, 'gm'))].map(([, number]) => Number(number));
  child.stdout.on('data', (part: Buffer) => {
    text += part.toString('latin1');
    const started = numbersOf('s').length;
    if (started >= calls) child.kill('SIGKILL');
    else if (started >= seen + 10) {
      seen = started;
      onTenth();
    }
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (_, signal) => {
      const isFine = signal === 'SIGKILL' && !text.includes('problem');
      if (isFine) resolve({ started: numbersOf('s'), done: numbersOf('d') });
      else reject(new Error(`the process ended by ${String(signal)}: ${text.slice(-2000)}`));
    });
  });
}

/** Breaks the network, or lets it be, at random and one after the other. */
function weather(
  proxy: TcpProxy,
  random: () => number,
): { readonly change: () => void; readonly clear: () => Promise<void> } {
  let last = Promise.resolve();
  let isUp = true;
  const set = (next: boolean): void => {
    last = last.then(() => {
      if (next === isUp) return undefined;
      isUp = next;
      return next ? proxy.restart() : proxy.kill();
    });
  };
  return {
    change: () => set(random() < 0.5),
    clear: () => {
      set(true);
      return last;
    },
  };
}

test(
  `an app that is killed on a bad network gets every call that it was promised to the module (seed ${seed})`,
  async () => {
    const random = seededRandom(seed);
    const server = await EmbeddedServer.start({ module: await readFile(module), database: 'talk' });
    await using proxy = await startTcpProxy(server.port);
    const folder = await mkdtemp(join(tmpdir(), 'spacetimedb-signals-app-'));
    const program = await bundleProcess(new URL('crash-app.ts', import.meta.url), folder);
    const options = (): ClientOptions => ({
      host: proxy.host,
      database: 'talk',
      authStorage: new FileTokenStore(join(folder, 'token')),
      offlineStorage: new FileOfflineStorage(join(folder, 'store')),
    });
    // A process that dies before its first token is saved is somebody else in its next run, whose calls the first ones are not.
    const newcomer = await SpacetimeDbClient.create(options());
    await newcomer.connect();
    await newcomer.dispose();
    const sky = weather(proxy, () => random.next());
    const started: number[] = [];
    const done: number[] = [];
    for (let crash = 0; crash < crashes; crash++) {
      const said = await runAndKill(
        [program, folder, proxy.host, String(crash * 10_000)],
        10 + random.below(150),
        sky.change,
      );
      started.push(...said.started);
      done.push(...said.done);
    }
    await sky.clear();
    const client = await SpacetimeDbClient.create(options());
    const waiting = client.syncState.peek().pendingCount;
    await client.connect();
    await firstWhere(client.syncState, ({ pendingCount }) => pendingCount === 0);
    await client.dispose();

    const rows = server.query('SELECT * FROM message');
    const arrived = rows
      .map(({ id, text }) => ({ id: BigInt(String(id)), number: Number(text) }))
      .sort((one, other) => (one.id < other.id ? -1 : 1))
      .map(({ number }) => number);
    const firsts = [...new Set(arrived)];
    console.info(
      `${crashes} crashes: ${started.length} calls, ${done.length} promised, ${firsts.length} arrived, ` +
        `${arrived.length - firsts.length} twice, ${waiting} in the last run`,
    );
    expect(done.length).toBeGreaterThan(crashes);
    expect(done.filter((number) => !firsts.includes(number))).toEqual([]);
    expect(firsts).toEqual([...firsts].sort((one, other) => one - other));
    expect(firsts.filter((number) => !started.includes(number))).toEqual([]);
    await server.close();
    await rm(folder, { recursive: true, force: true });
  },
  60_000 + crashes * 10_000,
);
