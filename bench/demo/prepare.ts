import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { type Place } from './tour/stage.ts';

// In every build `tsconfigRaw`: the paths of tsconfig.json are for the type checker and lead past the package that is shown here.

/** What is made of the code that needs the generated bindings. */
export interface NodeSide {
  readonly runTour: typeof import('./tour/tour.ts').runTour;
  readonly startWorld: typeof import('./world.ts').startWorld;
}

/** Runs the real command line against the running server, as a user would. Throws when it fails. */
export async function generateBindings(root: string, folder: string, url: string, database: string): Promise<void> {
  const cli = join(root, 'dist/cli.js');
  const args = [cli, 'generate', '--server', url, '--database', database, '--out', folder];
  // Not `spawnSync`: the server that is asked lives in this process.
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`spacetimedb-signals generate ended with ${code}:\n${said.trimEnd()}`);
}

/** Bundles tour and world with the bindings, and loads them. */
export async function loadNodeSide(root: string, scratch: string, bindings: string): Promise<NodeSide> {
  await build({
    entryPoints: [join(root, 'bench/demo/tour/tour.ts'), join(root, 'bench/demo/world.ts')],
    outbase: join(root, 'bench/demo'),
    outdir: scratch,
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'es2022',
    format: 'esm',
    packages: 'external',
    alias: { '#bindings': join(bindings, 'index.ts') },
    tsconfigRaw: {},
    logLevel: 'warning',
  });
  const load = (path: string): Promise<unknown> => import(pathToFileURL(join(scratch, path)).href);
  const { runTour } = (await load('tour/tour.js')) as Pick<NodeSide, 'runTour'>;
  const { startWorld } = (await load('world.js')) as Pick<NodeSide, 'startWorld'>;
  return { runTour, startWorld };
}

/** Bundles the page with the bindings and the library as browsers get it. Returns the text of each file by its path. */
export async function bundlePage(root: string, bindings: string, place: Place): Promise<ReadonlyMap<string, string>> {
  const page = join(root, 'bench/demo/page');
  const outdir = join(root, '.demo/page');
  const { outputFiles } = await build({
    entryPoints: [join(page, 'main.ts')],
    outdir,
    write: false,
    bundle: true,
    splitting: true,
    sourcemap: true,
    platform: 'browser',
    target: 'es2022',
    format: 'esm',
    alias: { '#bindings': join(bindings, 'index.ts') },
    tsconfigRaw: {},
    logLevel: 'warning',
    // Of the package's own chunks, which an application has in node_modules, where esbuild does not mention it.
    logOverride: { 'ignored-bare-import': 'silent' },
  });
  const read = async (name: string): Promise<[string, string]> => [
    `/${name}`,
    await readFile(join(page, name), 'utf8'),
  ];
  const [, html] = await read('index.html');
  return new Map([
    ['/index.html', html.replace('data-host=""', `data-host="${place.host}" data-database="${place.database}"`)],
    ...(await Promise.all(['theme.css', 'style.css', 'window.css', 'icon.svg'].map(read))),
    ...outputFiles.map(({ path, text }) => [`/${relative(outdir, path).replaceAll('\\', '/')}`, text] as const),
  ]);
}
