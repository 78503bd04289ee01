// `npm run docs:api`: writes docs/api from the doc comments of everything that the package exports.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const script = join(here, 'support/.api-reference.mjs');
const folder = join(here, '../docs/api');
try {
  await build({
    entryPoints: [join(here, 'support/api-reference.ts')],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
  });
  const { apiReferences } = await import(pathToFileURL(script).href);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { name, page, undocumented } of apiReferences()) {
    writeFileSync(join(folder, `${name}.md`), page);
    for (const silent of undocumented) console.error(`${name}: ${silent} has no doc comment`);
    if (undocumented.length > 0) process.exitCode = 1;
  }
} finally {
  rmSync(script, { force: true });
}
