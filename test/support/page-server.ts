import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import { basename, extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions } from 'esbuild';
import { listenOnLoopback } from './loopback.ts';

/** A page whose script was made for browsers, on the loopback address. */
export interface PageServer extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly url: string;
  /** For those who serve more than the page at the same port. */
  readonly http: Server;
}

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.wasm': 'application/wasm',
};

const html = `<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>`;
const brotliWasm = createRequire(import.meta.url).resolve('brotli-dec-wasm/web/bg.wasm');

/** How the script of a page is made. */
export type PageOptions = Pick<BuildOptions, 'alias' | 'define' | 'jsx' | 'jsxImportSource' | 'plugins'>;

/** Bundles `entry`, a module, with the library as browsers get it, and serves a page that runs it. */
export async function servePage(entry: URL, options: PageOptions = {}): Promise<PageServer> {
  return serveFiles(await bundle(fileURLToPath(entry), options));
}

/** Serves files by their names, and a page that runs `page.js`; under a content security policy, where one is given. */
export async function serveFiles(
  files: ReadonlyMap<string, string | Uint8Array>,
  policy?: string,
): Promise<PageServer> {
  const more = policy === undefined ? {} : { 'content-security-policy': policy };
  const http = createServer((request, response) => {
    const name = request.url === '/' ? 'index.html' : (request.url ?? '').slice(1);
    const body = name === 'index.html' ? html : files.get(name);
    if (body === undefined) response.writeHead(404).end();
    else response.writeHead(200, { ...more, 'content-type': contentTypes[extname(name)] ?? 'text/plain' }).end(body);
  });
  const host = `127.0.0.1:${await listenOnLoopback(http)}`;
  return {
    host,
    url: `http://${host}/`,
    http,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
}

function source(path: string): string {
  return fileURLToPath(new URL(`../../src/${path}`, import.meta.url));
}

/** The library by the names that apps have for it; the paths of tsconfig.json lead to Node's platform. */
const library: Readonly<Record<string, string>> = {
  '#platform': source('platform/browser.ts'),
  'spacetimedb-signals': source('index.ts'),
  'spacetimedb-signals/runtime': source('runtime.ts'),
  'spacetimedb-signals/bsatn': source('bsatn/index.ts'),
  ...Object.fromEntries(
    ['preact', 'react', 'solid', 'svelte', 'tc39', 'vue'].map((name) => [
      `spacetimedb-signals/${name}`,
      source(`adapters/${name}.ts`),
    ]),
  ),
};

async function bundle(
  entry: string,
  { alias, define, ...options }: PageOptions,
): Promise<ReadonlyMap<string, string | Uint8Array>> {
  const { outputFiles } = await build({
    entryPoints: { page: entry },
    outdir: '/',
    write: false,
    bundle: true,
    splitting: true,
    platform: 'browser',
    target: 'es2022',
    format: 'esm',
    define: { 'process.env.NODE_ENV': '"development"', ...define },
    ...options,
    alias: { ...library, ...alias },
    tsconfigRaw: {},
    logLevel: 'warning',
  });
  return new Map<string, string | Uint8Array>([
    ...outputFiles.map(({ path, contents }) => [basename(path), contents] as const),
    // The decoder fetches it from beside the module that it is in.
    [basename(brotliWasm), await readFile(brotliWasm)],
  ]);
}
