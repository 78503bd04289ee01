import { execFile, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build, type BuildOptions } from 'esbuild';
import { type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EmbeddedServer } from '../../src/embedded/index.ts';
import { launchChromium, skipsBrowserTests } from '../support/browser.ts';
import { serveFiles } from '../support/page-server.ts';
import { patienceMs } from '../support/patience.ts';
import { sveltePluginFor } from '../support/svelte-plugin.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { typescriptProject } from '../support/typescript-project.ts';
import { vueFlags } from '../support/vue-plugin.ts';
import { clientModule, frameworkApps, hydratedApp } from './framework-apps.ts';
import { installPackage, type InstalledPackage } from './installed-package.ts';
import { clientProgram, clientReport, servedModule, serverProgram, serverReport } from './runtime-programs.ts';
import { sessionProgram, sessionReport } from './session.ts';

const run = promisify(execFile);
const wasm = fileURLToPath(new URL('../reference-module/reference-module.wasm', import.meta.url));

let installed: InstalledPackage;
let server: EmbeddedServer;
/** Every session has a note of its own. */
let nextId = 0n;

beforeAll(async () => {
  installed = await installPackage(['react-dom']);
  const { folder, packageFolder, manifest } = installed;
  const cli = join(packageFolder, manifest.bin[manifest.name] ?? '');
  await run(process.execPath, [cli, 'generate', '--wasm', wasm, '--out', 'generated'], { cwd: folder });
  await writeFile(join(folder, 'session.ts'), sessionProgram);
  server = await EmbeddedServer.start({ module: wasm, database: 'runtimes' });
});

afterAll(async () => {
  await server.close();
  await installed.remove();
});

/** Bundles files of the app: the text of each output by its name. */
async function bundle(options: BuildOptions): Promise<ReadonlyMap<string, string>> {
  const { outputFiles } = await build({
    absWorkingDir: installed.folder,
    outdir: installed.folder,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    logLevel: 'silent',
    ...options,
    write: false,
  });
  return new Map((outputFiles ?? []).map(({ path, text }) => [basename(path), text]));
}

/** Runs a program in the app; what it printed, as JSON. */
async function runs(program: string, ...options: readonly string[]): Promise<unknown> {
  await writeFile(join(installed.folder, 'main.js'), program);
  const { stdout, stderr } = await run(process.execPath, [...options, 'main.js'], {
    cwd: installed.folder,
    timeout: patienceMs,
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

const sessionCall = (): string => `session('${server.host}', ${(nextId += 1n)}n)`;

test('importing does nothing: no timer, no listener, no global, no word', async () => {
  const subpaths = Object.keys(installed.manifest.exports).filter((subpath) => subpath !== './package.json');
  // What is imported on demand only is left out.
  const { dependencies: declared, peerDependencies = {} } = installed.manifest;
  const dependencies = ['@preact/signals-core', 'pako', 'ws', ...Object.keys(peerDependencies)].filter(
    (name) => name !== 'spacetimedb',
  );
  expect(Object.keys(declared)).toEqual(expect.arrayContaining(['@preact/signals-core', 'pako', 'ws']));
  const specifiers = subpaths.map((subpath) => installed.manifest.name + subpath.slice(1));
  const report = await runs(`
    // What the package is built on may do what it likes, and has done it.
    const dependencies = ${JSON.stringify(dependencies)};
    await Promise.allSettled(dependencies.map((name) => import(name)));
    await Promise.allSettled(['react/jsx-runtime', 'preact/hooks', 'solid-js/web', 'svelte/store', 'svelte/reactivity', 'node:http'].map((name) => import(name)));
    const done = [];
    const trap = (owner, name) => {
      const original = owner[name];
      owner[name] = function (...args) { done.push(name); return Reflect.apply(original, this, args); };
    };
    for (const name of ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch']) trap(globalThis, name);
    for (const name of ['log', 'info', 'warn', 'error', 'debug']) trap(console, name);
    for (const name of ['on', 'once', 'addListener', 'emitWarning']) trap(process, name);
    const globals = new Set(Reflect.ownKeys(globalThis));
    for (const specifier of ${JSON.stringify(specifiers)}) await import(specifier);
    const defined = Reflect.ownKeys(globalThis).filter((name) => !globals.has(name)).map(String);
    process.stdout.write(JSON.stringify({ done, defined }));`);
  expect(report).toEqual({ done: [], defined: [] });
});

test('runs in a thread of Node, where code cannot be made out of text', async () => {
  const [[, text] = []] = await bundle({ entryPoints: ['session.ts'], platform: 'node', packages: 'external' });
  await writeFile(join(installed.folder, 'session.js'), text ?? '');
  await writeFile(
    join(installed.folder, 'thread.js'),
    `import { parentPort } from 'node:worker_threads';
     import { session } from './session.js';
     parentPort.postMessage(await ${sessionCall()});`,
  );
  const main = `
    import { Worker } from 'node:worker_threads';
    const thread = new Worker(new URL('thread.js', import.meta.url));
    thread.once('message', (saw) => process.stdout.write(JSON.stringify(saw)));`;
  expect(await runs(main, '--disallow-code-generation-from-strings')).toEqual(sessionReport);
});

/** This Node, and what RUNTIMES names: commands with a comma between them, such as `bun,deno run -A`. */
const runtimes = [process.execPath, ...(process.env['RUNTIMES']?.split(',') ?? [])].map(
  (line) => [basename(line), line.split(' ')] as const,
);

describe.each(runtimes)('in %s', (_name, [command = '', ...options]) => {
  /** Runs a program of the app to its end, which it has to find by itself. `onLine` is told what it prints; the result is its last line, as JSON. */
  async function outcomeOf(args: readonly string[], onLine = (_line: string): void => undefined): Promise<unknown> {
    const child = spawn(command, [...options, ...args], {
      cwd: installed.folder,
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: patienceMs,
    });
    const exit = new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
    let last = 'null';
    for await (const line of createInterface(child.stdout)) onLine((last = line));
    expect(await exit).toBe(0);
    return JSON.parse(last);
  }

  async function write(name: string, contents: string): Promise<void> {
    const stdin = { contents, resolveDir: installed.folder, sourcefile: name };
    const [[, text = ''] = []] = await bundle({ stdin, platform: 'node', packages: 'external' });
    await writeFile(join(installed.folder, name), text);
  }

  test('a client uses sockets, inflates, comes back, and keeps files', async () => {
    await write('client-program.js', clientProgram);
    const args = ['client-program.js', server.host, temporaryFolder(), String((nextId += 1n))];
    const restart = (line: string): void => void (line === 'restart' && server.restart());
    expect(await outcomeOf(args, restart)).toEqual([...sessionReport, ...clientReport]);
  });

  test('a server runs a module in TypeScript, with its lines, threads and files', async () => {
    await write('server-program.js', serverProgram);
    const args = ['server-program.js', typescriptProject(servedModule), temporaryFolder()];
    expect(await outcomeOf(args)).toEqual(serverReport);
  });

  test('the command line generates the same, and says in a line why it does not', async () => {
    const { manifest, packageFolder, folder: cwd } = installed;
    const generate = (...args: readonly string[]): Promise<unknown> =>
      run(command, [...options, join(packageFolder, manifest.bin[manifest.name] ?? ''), 'generate', ...args], { cwd });
    await generate('--wasm', wasm, '--out', 'generated', '--check');
    const project = typescriptProject(`throw new TypeError('no luck');`);
    await expect(generate('-p', project)).rejects.toMatchObject({
      stderr: `spacetimedb-signals generate: ${project}: it throws when it is loaded: TypeError: no luck\n`,
    });
  });
});

/** What Hermes, the engine of React Native, and its sockets lack. */
const hermes = (textDecoder: string): string => `
  import { WebSocket as NodeSocket } from 'ws';
  import { request } from 'node:http';
  // Node's own is made of what is taken away here.
  globalThis.fetch = (url, { method, headers }) => new Promise((resolve, reject) => {
    request(url, { method, headers }, async (answer) => {
      let text = '';
      for await (const part of answer) text += part;
      const status = answer.statusCode;
      resolve({ ok: status < 300, status, text: async () => text, json: async () => JSON.parse(text) });
    }).on('error', reject).end();
  });
  globalThis.WebSocket = class extends NodeSocket {
    constructor(url, protocols) {
      if (typeof url !== 'string') throw new TypeError('a URL has to be a string');
      super(url, protocols);
    }
    // No options but these.
    addEventListener(type, listener, options) { super.addEventListener(type, listener, { once: options?.once === true }); }
  };
  globalThis.TextDecoder = ${textDecoder};
  for (const name of ['DecompressionStream', 'CompressionStream', 'structuredClone', 'ReadableStream', 'WritableStream', 'TransformStream',
    'BroadcastChannel', 'MessageChannel', 'navigator', 'crypto']) Reflect.deleteProperty(globalThis, name);
  for (const name of ['toSorted', 'toReversed', 'toSpliced', 'with', 'findLast', 'findLastIndex']) Reflect.deleteProperty(Array.prototype, name);
  for (const name of ['withResolvers', 'try']) Reflect.deleteProperty(Promise, name);
  for (const name of ['any', 'timeout']) Reflect.deleteProperty(AbortSignal, name);
  Reflect.deleteProperty(Array, 'fromAsync');
  Reflect.deleteProperty(Object, 'groupBy');
`;

test.each([
  ['no TextDecoder at all', 'undefined'],
  [
    'one that refuses `fatal`',
    `class { constructor(_, options) { if (options?.fatal) throw new RangeError('fatal'); } }`,
  ],
])('runs where much is missing that browsers have, as in React Native: %s', async (_name, textDecoder) => {
  const conditions = ['react-native'];
  const [[, text = ''] = []] = await bundle({ entryPoints: ['session.ts'], platform: 'browser', conditions });
  // It is a script there, and no module.
  expect(text).not.toContain('import.meta');
  await writeFile(join(installed.folder, 'session.js'), text);
  const main = `import { stdout } from 'node:process';
    ${hermes(textDecoder)}
    const { session } = await import('./session.js');
    stdout.write(JSON.stringify(await ${sessionCall()}));`;
  expect(await runs(main, '--disallow-code-generation-from-strings')).toEqual(sessionReport);
});

describe.skipIf(skipsBrowserTests())('in a browser', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });

  afterAll(() => browser?.close());

  const files = {
    'page.ts': `import { session } from './session.ts';
      const worker = new Worker('/worker.js', { type: 'module' });
      const inWorker = (call) => new Promise((resolve) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.postMessage(call);
      });
      Object.assign(globalThis, { session, inWorker, violations: [] });
      addEventListener('securitypolicyviolation', ({ violatedDirective }) => violations.push(violatedDirective));`,
    'worker.ts': `import { session } from './session.ts';
      onmessage = async ({ data: { host, id } }) => postMessage(await session(host, id));`,
  };

  test('runs in a page and in a worker, under a policy that allows no code but what is served', async () => {
    for (const [name, text] of Object.entries(files)) await writeFile(join(installed.folder, name), text);
    const bundled = await bundle({ entryPoints: Object.keys(files), platform: 'browser', splitting: true });
    const { host } = server;
    const policy = `default-src 'none'; script-src 'self'; connect-src http://${host} ws://${host}; img-src data:`;
    await using pages = await serveFiles(bundled, policy);
    const page = await browser.newPage();
    await page.goto(pages.url);
    await page.waitForFunction('globalThis.inWorker');
    expect(await page.evaluate(sessionCall())).toEqual(sessionReport);
    expect(await page.evaluate(`inWorker({ host: '${host}', id: ${(nextId += 1n)}n })`)).toEqual(sessionReport);
    expect(await page.evaluate('violations')).toEqual([]);
    await page.close();
  });

  test.each(Object.entries(frameworkApps))('an app of %s shows a row, and what becomes of it', async (name, files) => {
    const { folder } = installed;
    const appFolder = join(folder, name);
    await mkdir(appFolder);
    await writeFile(join(folder, 'client.js'), clientModule);
    for (const [file, text] of Object.entries(files)) await writeFile(join(appFolder, file), text);
    const bundled = await bundle({
      entryPoints: { page: join(appFolder, 'page.js') },
      platform: 'browser',
      splitting: true,
      plugins: [sveltePluginFor('client')],
      define: { 'process.env.NODE_ENV': '"production"', ...vueFlags },
    });
    await using pages = await serveFiles(bundled);
    const page = await browser.newPage();
    page.setDefaultTimeout(patienceMs);
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    const id = (nextId += 1n);
    await page.goto(`${pages.url}#${server.host}/${id}`);
    await page.locator('p', { hasText: 'undefined' }).waitFor();
    server.call('create_note', [id, 'inbox', 'Milk', '', []]);
    await page.locator('p', { hasText: 'Milk' }).waitFor();
    server.call('update_note', [id, 'Bread', '']);
    await page.locator('p', { hasText: 'Bread' }).waitFor();
    expect(errors).toEqual([]);
    await page.close();
  });

  test('what a server rendered is what a page begins with, and only the page connects', async () => {
    const { folder } = installed;
    for (const [file, text] of Object.entries(hydratedApp)) await writeFile(join(folder, file), text);
    const define = { 'process.env.NODE_ENV': '"production"' };
    const onServer = await bundle({ entryPoints: ['on-server.js'], platform: 'node', packages: 'external', define });
    await writeFile(join(folder, 'rendered.js'), onServer.get('on-server.js') ?? '');
    const id = (nextId += 1n);
    const args = ['rendered.js', server.host, String(id)];
    // It ends by itself, so that nothing is open.
    const { stdout } = await run(process.execPath, args, { cwd: folder, timeout: patienceMs });
    expect(JSON.parse(stdout)).toBe('<p>disconnected<!-- --> <!-- -->loading</p>');

    const page = await browser.newPage();
    page.setDefaultTimeout(patienceMs);
    const entryPoints = { page: join(folder, 'in-page.js') };
    const inPage = await bundle({
      entryPoints,
      platform: 'browser',
      splitting: true,
      define: { ...define, html: stdout },
    });
    await using pages = await serveFiles(inPage);
    await page.goto(`${pages.url}#${server.host}/${id}`);
    await page.locator('p', { hasText: 'connected undefined' }).waitFor();
    server.call('create_note', [id, 'inbox', 'Milk', '', []]);
    await page.locator('p', { hasText: 'connected Milk' }).waitFor();
    expect(await page.evaluate('differences')).toEqual([]);
    await page.close();
  });
});
