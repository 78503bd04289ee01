import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, onTestFinished, test } from 'vitest';
import { stringCodec } from '../../../src/bsatn/basic-codecs.ts';
import { encode } from '../../../src/bsatn/codec.ts';
import { type ClientMessage } from '../../../src/wire/client-message.ts';
import { EmbeddedServer } from '../../../src/embedded/index.ts';
import { eventually } from '../../support/live-clients.ts';
import { referenceWasm } from '../../support/golden/reference-schema.ts';
import { summary, WireClient } from '../../support/wire-client.ts';
import { run } from '../command.ts';
import { app, repository, source } from './app.ts';
import { Said } from './said.ts';
import { listenOnLoopback } from '../../support/loopback.ts';

/** The command line as a process of its own. */
class DevProcess {
  readonly said = new Said();
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;

  constructor(program: string, cwd: string, args: readonly string[]) {
    this.#child = spawn(process.execPath, [program, 'dev', '--port', '0', ...args], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.ended = new Promise((resolve) => this.#child.once('close', resolve));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      let rest = '';
      stream?.on('data', (chunk: Buffer) => {
        const lines = (rest + chunk.toString()).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) this.said.add(line);
      });
    }
    onTestFinished(() => void this.#child.kill('SIGKILL'));
  }

  async line(pattern: RegExp): Promise<string> {
    return this.said.line(pattern, this.ended);
  }

  /** Where its server is. */
  async host(): Promise<string> {
    return (await this.line(/ is at http:/)).replace(/^.* is at http:\/\/(\S+) .*$/, '$1');
  }

  async interrupt(): Promise<number | null> {
    this.#child.kill('SIGINT');
    return this.ended;
  }
}

async function program(folder: string): Promise<string> {
  const outfile = join(folder, 'cli/cli.mjs');
  await build({
    entryPoints: [join(repository, 'codegen/cli.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'silent',
  });
  return outfile;
}

/** Answers do not wait for the disk, so that a ping comes after them. */
const unconfirmed = { query: '&confirmed=false' };

const subscribe = { tag: 'Subscribe', requestId: 1, querySetId: 1, queries: ['SELECT * FROM cat'] } as const;
/** Sends messages; the result is what is told, as soon as that are so many. The server is another process, so that a ping says nothing about what it has written. */
async function told(
  client: WireClient,
  count: number,
  ...messages: readonly ClientMessage[]
): Promise<readonly string[]> {
  if (messages.length > 0) client.send(...messages);
  await eventually(`${count} messages`, () => client.messages.length >= count);
  return client.messages.splice(0).map(summary);
}

const call = (requestId: number, reducer: string, name: string) =>
  ({ tag: 'CallReducer', requestId, flags: 0, reducer, args: encode(stringCodec, name) }) as const;

describe('the program', () => {
  test('serves a module, reloads what is edited with clients connected, writes bindings, keeps rows in a folder', async () => {
    const { folder, edit } = app();
    const cli = await program(folder);
    const dev = new DevProcess(cli, folder, ['--generate', 'src/bindings', '--data-dir', 'data']);
    const server = { host: await dev.host(), database: 'my-pets' };
    expect(dev.said.count(/rows are in memory only/)).toBe(0);
    await dev.line(/wrote src\/bindings\/index\.ts/);
    const bindings = (): string => readFileSync(join(folder, 'src/bindings/index.ts'), 'utf8');
    expect(bindings()).toContain('add_cat');

    const client = await WireClient.overWebSocket(server, unconfirmed);
    await told(client, 3, subscribe, call(2, 'add_cat', 'Tom'));
    expect(await dev.line(/adding/)).toMatch(/^\d\d:\d\d:\d\d info add_cat src\/index\.ts:6 adding Tom$/);
    await told(client, 1, call(3, 'add_cat', ''));
    expect(await dev.line(/died/)).toContain('reducer add_cat died: Uncaught Error: a cat needs a name');
    await dev.line(/^ {2}7 │ {3}if \(name === ''\) throw new Error/);
    expect(dev.said.count(/a cat needs a name$/)).toBe(1);

    // The place in the module, not the one in the package that it calls.
    edit(source.replace('id: 0, name', 'id: 1, name'));
    await dev.line(/reloaded/);
    await told(client, 1, call(4, 'add_cat', 'twin'));
    await dev.line(/^ {2}8 │ {3}ctx\.db\.cat\.insert/);

    edit(source.replace('addCat', 'addKitten'));
    await dev.line(/reloaded \(\d+ ms\)/);
    await dev.line(/wrote src\/bindings\/index\.ts/);
    expect(bindings()).toContain('add_kitten');
    expect(await told(client, 1, call(4, 'add_kitten', 'Kit'))).toEqual(['ReducerResult Ok 1 cat +1 -0']);

    edit(`${source}oh(`);
    await dev.line(/the new module does not run; the former one goes on/);
    await dev.line(/src\/index\.ts:10:4: Unexpected end of file/);
    expect(await told(client, 1, call(5, 'add_kitten', 'Kat'))).toEqual(['ReducerResult Ok 1 cat +1 -0']);

    edit(source.replace('name: t.string() });', 'title: t.string() });').replace('id: 0, name', 'id: 0, title: name'));
    await dev.line(/the new module does not run; the former one goes on/);
    await dev.line(/cat\.name is gone/);
    await dev.line(/start again with --reset/);
    client.leave();
    expect(await dev.interrupt()).toBe(0);

    // In the folder are the rows of the module that ran.
    edit(source.replace('name: t.string() });', `name: t.string(), age: t.u8().default(3) });`));
    const again = new DevProcess(cli, folder, ['--data-dir', 'data']);
    const second = await WireClient.overWebSocket({ host: await again.host(), database: 'my-pets' }, unconfirmed);
    expect(await told(second, 2, subscribe)).toEqual(['InitialConnection', 'SubscribeApplied 1 cat 3']);
    second.leave();
    expect(await again.interrupt()).toBe(0);

    edit(source.replace('name: t.string() });', 'title: t.string() });').replace('id: 0, name', 'id: 0, title: name'));
    const reset = new DevProcess(cli, folder, ['--data-dir', 'data', '--reset']);
    const third = await WireClient.overWebSocket({ host: await reset.host(), database: 'my-pets' }, unconfirmed);
    expect(await told(third, 2, subscribe)).toEqual(['InitialConnection', 'SubscribeApplied 1']);
    third.leave();
    expect(await reset.interrupt()).toBe(0);
  });

  test('says once why a module cannot fill its database', async () => {
    const { folder, edit } = app();
    edit(`${source}export const init = spacetimedb.init(() => {\n  throw new Error('no cats yet');\n});\n`);
    const dev = new DevProcess(await program(folder), folder, []);
    await dev.line(/the module does not run; waiting for a change in/);
    await dev.line(/its reducer init died: Uncaught Error: no cats yet$/);
    await dev.line(/11 │ {3}throw new Error\('no cats yet'\);$/);
    edit(source);
    await dev.host();
    expect(dev.said.count(/died|no cats yet/)).toBe(2);
    expect(await dev.interrupt()).toBe(0);
  });

  test('outlives a promise that code has made which the module compiles itself', async () => {
    const { folder, edit } = app();
    edit(`${source}export const stray = spacetimedb.reducer({ name: t.string() }, () => {
  void new Function('return (async () => { throw new Error("lost"); })()')();
});
`);
    const dev = new DevProcess(await program(folder), folder, []);
    const client = await WireClient.overWebSocket({ host: await dev.host(), database: 'my-pets' }, unconfirmed);
    await told(client, 2, subscribe);
    expect(await told(client, 1, call(2, 'stray', ''))).toEqual(['ReducerResult Ok']);
    await dev.line(/a promise of the module was rejected, which takes back nothing of what was written/);
    await dev.line(/Error: lost/);
    await dev.line(/code that the module compiles itself \(new Function, eval\)/);
    expect(await told(client, 1, call(3, 'add_cat', 'Tom'))).toEqual(['ReducerResult Ok 1 cat +1 -0']);
    client.leave();
    expect(await dev.interrupt()).toBe(0);
  });

  test('takes the tokens of the run before, of the same project', async () => {
    const { folder } = app({ hasOwnModules: true });
    const cli = await program(folder);
    const once = new DevProcess(cli, folder, []);
    const issued = await fetch(`http://${await once.host()}/v1/identity`, { method: 'POST' });
    const { identity, token } = JSON.parse(await issued.text());
    const authorization = `Bearer ${token}`;
    await once.interrupt();

    const verify = async (dev: DevProcess): Promise<number> => {
      const url = `http://${await dev.host()}/v1/identity/${identity}/verify`;
      const { status } = await fetch(url, { headers: { authorization } });
      await dev.interrupt();
      return status;
    };
    expect(await verify(new DevProcess(cli, folder, []))).toBe(204);
    expect(await verify(new DevProcess(cli, folder, ['--data-dir', 'data']))).toBe(204);

    const other = app({ hasOwnModules: true }).folder;
    expect(await verify(new DevProcess(await program(other), other, []))).toBe(401);
  });

  test('says in a line why it cannot serve', async () => {
    const { folder } = app();
    const taken = createServer();
    const port = String(await listenOnLoopback(taken));
    onTestFinished(() => void taken.close());
    taken.on('connection', (socket) => socket.destroy());
    const { code, errors } = await run(folder, ['dev', '--port', port]);
    expect([code, errors]).toEqual([
      2,
      [
        `spacetimedb-signals dev: the port ${port} is taken: another program listens there; end it, or take another port with --port`,
      ],
    ]);
    await using other = await EmbeddedServer.start({ module: referenceWasm, database: 'my-pets' });
    expect((await run(folder, ['dev', '--port', String(other.port)])).errors).toEqual([
      expect.stringContaining(': a SpacetimeDB server listens there, which has a database my-pets, perhaps another'),
    ]);
  });

  test.each([
    ['{ "database": 5 }', 'spacetime.json: "database" is to be a text, not 5'],
    [
      '{ "database": "My Pets" }',
      'database in spacetime.json is no name for a database: "My Pets"; .*, such as my-pets',
    ],
    ['{ "module-path": "nope" }', 'nope, the module-path of spacetime.json: there is no such file or folder'],
  ])('says in a line what is wrong with the spacetime.json %s', async (text, problem) => {
    const { folder } = app();
    writeFileSync(join(folder, 'spacetime.json'), text);
    const { code, errors } = await run(folder, ['dev', '--port', '0']);
    expect([code, errors]).toEqual([2, [expect.stringMatching(new RegExp(`^spacetimedb-signals dev: ${problem}$`))]]);
  });
});
