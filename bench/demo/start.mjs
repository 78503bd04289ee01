// `npm run demo`: a module, bindings, two clients, a tour on the terminal, and a page for several windows.
// Imports nothing but Node itself at first: node_modules may not be there yet.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureInstalled } from '../../bootstrap.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const usage = `Usage: npm run demo -- [--exit] [--frames] [--port N]
  --exit     end after the tour: exit code 0 when every step showed what it says
  --frames   measure in a headless Chromium how the frames of the page come, print it, and end
  --port N   serve the page at port N and the database at N + 1; any free ports otherwise`;

const options = readOptions();
ensureInstalled();
console.log('Building the package ...');
if (spawnSync(process.execPath, [join(root, 'esbuild.mjs'), '--javascript'], { stdio: 'inherit' }).status !== 0) {
  process.exit(1);
}
// Inside the package, so that Node resolves `spacetimedb-signals` to what was just built.
mkdirSync(join(root, '.demo'), { recursive: true });
const scratch = mkdtempSync(join(root, '.demo/run-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
const { demo } = await bundled('bench/demo/demo.ts');
process.exitCode = await demo({ ...options, root, scratch });

async function bundled(source) {
  const { build } = await import('esbuild');
  const outfile = join(scratch, 'demo.js');
  await build({
    entryPoints: [join(root, source)],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'es2022',
    format: 'esm',
    packages: 'external',
    tsconfigRaw: {},
    logLevel: 'warning',
  });
  return import(pathToFileURL(outfile).href);
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        exit: { type: 'boolean' },
        frames: { type: 'boolean' },
        port: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    const port = Number(values.port ?? 0);
    if (!Number.isInteger(port) || port < 0 || port > 65_534) throw new Error(`not a port: ${values.port}`);
    if (!values.help) return { exit: values.exit ?? false, frames: values.frames ?? false, port };
    console.log(usage);
    process.exit(0);
  } catch (error) {
    console.error(`${error.message}\n${usage}`);
    process.exit(2);
  }
}
