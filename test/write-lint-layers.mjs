// `npm run lint:layers`: writes the layers of test/support/layers.ts into .oxlintrc.json, as rules on imports.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const rule = 'no-restricted-imports';

const { outputFiles } = await build({
  entryPoints: [join(root, 'test/support/layers.ts')],
  format: 'esm',
  write: false,
});
const { lintOverrides } = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString('base64')}`
);

const file = join(root, '.oxlintrc.json');
const config = JSON.parse(readFileSync(file, 'utf8'));
const others = config.overrides.filter(({ rules }) => !(rule in rules));
writeFileSync(file, JSON.stringify({ ...config, overrides: [...others, ...lintOverrides()] }, null, 2));
execFileSync('npx', ['oxfmt', '.oxlintrc.json'], { cwd: root, shell: process.platform === 'win32' });
