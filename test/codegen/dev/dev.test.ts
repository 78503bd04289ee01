import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, onTestFinished, test } from 'vitest';
import { stringCodec } from '../../../src/bsatn/basic-codecs.ts';
import { encode } from '../../../src/bsatn/codec.ts';
import { type ClientMessage } from '../../../src/wire/client-message.ts';
import { EmbeddedServer } from '../../../src/embedded/index.ts';
import { eventually } from '../../support/live-clients.ts';
import { referenceWasm } from '../../support/golden/reference-schema.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { summary, WireClient } from '../../support/wire-client.ts';
import { run } from '../command.ts';

const repository = fileURLToPath(new URL('../../..', import.meta.url));

const source = `import { schema, t, table } from 'spacetimedb/server';
const cat = table({ name: 'cat', public: true }, { id: t.u32().primaryKey().autoInc(), name: t.string() });
const spacetimedb = schema({ cat });
export default spacetimedb;
export const addCat = spacetimedb.reducer({ name: t.string() }, (ctx, { name }) => {
  console.log('adding', name);
  if (name === '') throw new Error('a cat needs a name');
  ctx.db.cat.insert({ id: 0, name });
});
`;

/** An app with its module in the usual folder. */
function app({ hasOwnModules = false } = {}): { readonly folder: string; readonly edit: (text: string) => void } {
  const folder = join(temporaryFolder(), 'my-pets');
  const module = join(folder, 'spacetimedb');
  mkdirSync(join(module, 'src'), { recursive: true });
  writeFileSync(join(module, 'package.json'), '{"type":"module"}');
  const modules = join(repository, 'node_modules');
  if (hasOwnModules) {
    // What a project keeps beside its packages stays its own.
    mkdirSync(join(folder, 'node_modules'));
    for (const name of readdirSync(modules)) {
      if (name !== '.cache') symlinkSync(join(modules, name), join(folder, 'node_modules', name));
    }
  } else symlinkSync(modules, join(folder, 'node_modules'));
  // As editors save: another file takes the place of the old one.
  const edit = (text: string): void => {
    writeFileSync(join(module, 'src/index.ts~'), text);
    renameSync(join(module, 'src/index.ts~'), join(module, 'src/index.ts'));
  };
  edit(source);
  return { folder, edit };
}

/** Lines that something says, to wait for. */
class Said {
  readonly #lines: string[] = [];
  #taken = 0;
  #wake = (): void => undefined;

  add(line: string): void {
    this.#lines.push(line);
    this.#wake();
  }

  /** How many lines `pattern` fits so far. */
  count(pattern: RegExp): number {
    return this.#lines.filter((line) => pattern.test(line)).length;
  }

  /** The first line after the last one that was awaited which `pattern` fits; rejects with what was said when `ended` comes first. */
  async line(pattern: RegExp, ended: Promise<unknown> = new Promise(() => undefined)): Promise<string> {
    let isOver = false;
    void ended.finally(() => {
      isOver = true;
      this.#wake();
    });
    for (;;) {
      const index = this.#lines.findIndex((line, position) => position >= this.#taken && pattern.test(line));
      if (index >= 0) {
        this.#taken = index + 1;
        return this.#lines[index] ?? '';
      }
      if (isOver) throw new Error(`it ended without ${pattern}:\n${this.#lines.join('\n')}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

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
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void taken.close());
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
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

/** `dev` within this process, on a terminal that is not there. */
function onTerminal(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
  const shown: string[] = [];
  const said = new Said();
  let press: (key: string) => void = () => undefined;
  const interrupted = new AbortController();
  const terminal = {
    hasColors: false,
    columns: () => 120,
    write: (text: string) => {
      shown.push(text);
      for (const line of text.split('\n')) said.add(line);
    },
    onKey: (listener: (key: string) => void) => {
      press = listener;
      return () => undefined;
    },
  };
  const ended = run(cwd, ['dev', '--port', '0', ...args], '', { env, interrupted: interrupted.signal, terminal });
  onTestFinished(async () => {
    interrupted.abort();
    await ended;
  });
  return { shown, said, press: (key: string) => press(key), ended };
}

describe('on a terminal', () => {
  test('shows how things stand, and obeys keys', async () => {
    const { folder, edit } = app();
    const { shown, said, press, ended } = onTerminal(folder, []);
    await said.line(/┃ my-pets {2}http:\/\/127\.0\.0\.1:\d+ {2}● running$/);
    await said.line(/┃ 0 clients {2}· {2}0 calls\/s/);
    await said.line(/rows are in memory only: each start begins anew, --data-dir DIR keeps them/);
    edit(
      source
        .replace('cat,', 'cat:')
        .replace(
          'spacetimedb = schema({ cat })',
          'spacetimedb = schema({ cat: cat, dog: table({ name: "dog" }, { id: t.u8() }) })',
        ),
    );
    await said.line(/reloaded: table dog is new/);
    press('g');
    await said.line(/nothing to generate: start with --generate DIR/);
    edit('export default (');
    await said.line(/● running the former module/);
    await said.line(/✗ the new module does not run/);
    edit(source);
    await said.line(/reloaded: table dog is gone/);
    await said.line(/┃ my-pets .*● running$/);
    press('r');
    await said.line(/reloaded \(/);
    press('c');
    await eventually('a clear screen', () => shown.some((text) => text.includes('\u001B[2J')));
    press('x');
    await said.line(/began anew without any rows/);
    press('q');
    expect((await ended).code).toBe(0);
    expect(shown.at(-1)).toBe('\u001B[?25h');
  });

  test('waits for a first module that can be run', async () => {
    const { folder, edit } = app();
    edit('export default 1;');
    const { said, press, ended } = onTerminal(folder, ['spacetimedb']);
    await said.line(/● waiting for a module that can be run/);
    await said.line(/✗ the module does not run; waiting for a change in/);
    await said.line(/its default export is no schema of a module/);
    edit(source);
    await said.line(/┃ my-pets .*● running$/);
    press('q');
    expect((await ended).code).toBe(0);
  });

  test('builds a project in another language', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'Cargo.toml'), '');
    const tools = temporaryFolder();
    writeFileSync(
      join(tools, 'cargo'),
      `#!/bin/sh\necho building >&2\nmkdir -p target && cp ${referenceWasm} target/m.wasm\necho '{"reason":"compiler-artifact","target":{"kind":["cdylib"]},"filenames":["${folder}/target/m.wasm"]}'\n`,
    );
    chmodSync(join(tools, 'cargo'), 0o755);
    const env = { ...process.env, PATH: [tools, process.env['PATH']].join(delimiter) };
    const rust = onTerminal(folder, ['--db', 'reference'], env);
    await rust.said.line(/building/);
    await rust.said.line(/reference is at http/);
    writeFileSync(join(folder, 'lib.rs'), '');
    await rust.said.line(/building/);
    await rust.said.line(/reloaded/);
    rust.press('q');
    expect((await rust.ended).code).toBe(0);
  });

  test('follows files outside of the module', async () => {
    const { folder, edit } = app();
    mkdirSync(join(folder, 'shared'));
    const shared = join(folder, 'shared/name.ts');
    writeFileSync(shared, `export const name: string = 'a';`);
    edit(`import { name } from '../../shared/name';\n${source}console.log(name);`);
    const { said, press, ended } = onTerminal(folder, []);
    await said.line(/src\/index\.ts:11 a$/);
    await said.line(/● running$/);
    writeFileSync(shared, `export const name: string = 'b';`);
    await said.line(/src\/index\.ts:11 b$/);
    press('q');
    expect((await ended).code).toBe(0);
  });

  test('serves a file of wasm, and takes the next one', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'module.wasm');
    copyFileSync(referenceWasm, file);
    const { said, press, ended } = onTerminal(folder, ['module.wasm', '--db', 'reference']);
    const host = (await said.line(/● running$/)).replace(/^.*http:\/\/(\S+) .*$/, '$1');
    cpSync(referenceWasm, file);
    await said.line(/reloaded/);
    // The source that a panic names is beside the module.
    mkdirSync(join(folder, 'src'));
    cpSync(fileURLToPath(new URL('../../reference-module/lib.rs', import.meta.url)), join(folder, 'src/lib.rs'));
    const headers = { 'content-type': 'application/json' };
    await fetch(`http://${host}/v1/database/reference/call/panic_with`, { method: 'POST', headers, body: '["oh"]' });
    await said.line(/✗ panic_with panicked: oh/);
    await said.line(/\d+ │ {5}panic!\("\{message\}"\);/);
    press('q');
    expect((await ended).code).toBe(0);
  });
});
