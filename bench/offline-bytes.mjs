// `node bench/offline-bytes.mjs`: how many bytes a client with a `FileOfflineStorage` writes for each row that changes.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensureInstalled } from '../bootstrap.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
ensureInstalled();
mkdirSync(join(root, '.bench'), { recursive: true });
// Inside the repository, so that Node finds its node_modules.
const scratch = mkdtempSync(join(root, '.bench/run-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

const { build } = await import('esbuild');
await build({
  absWorkingDir: root,
  entryPoints: ['bench/offline/offline-bytes.ts'],
  outdir: scratch,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'es2022',
  packages: 'external',
  // The paths of tsconfig.json lead from the generated code to the sources.
  tsconfig: 'tsconfig.json',
  logLevel: 'warning',
});
const { offlineBytesText } = await import(pathToFileURL(join(scratch, 'offline-bytes.js')).href);
console.log(await offlineBytesText());
