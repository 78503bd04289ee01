import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { generate } from '../../codegen/generate.ts';
import { moduleFromJson } from '../../src/module-def/index.ts';
import { syntheticSchema } from '../module-def/fixtures.ts';
import { temporaryFolder } from './command.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const options = { runtime: 'spacetimedb-signals/runtime', extension: '.ts' } as const;
const huge = syntheticSchema('huge');

describe('the code for 400 tables', () => {
  const before = process.cpuUsage();
  const { files } = generate(moduleFromJson(huge), options);
  const { user, system } = process.cpuUsage(before);
  const millis = Math.round((user + system) / 1000);

  test('is little more than twice as long as that for half of them', () => {
    const lengthOf = (all: ReadonlyMap<string, string>): number =>
      [...all.values()].reduce((total, text) => total + text.length, 0);
    const model = moduleFromJson(huge);
    const half = { ...model, tables: model.tables.slice(0, 200), reducers: model.reducers.slice(0, 200) };
    const [all, some] = [lengthOf(files), lengthOf(generate(half, options).files)];
    console.info(
      `400 tables: generated in ${millis} ms of processor time, ${files.size} files, ${Math.round(all / 1000)} kB`,
    );
    expect(files.size).toBe(3);
    expect(all / some).toBeLessThan(2.1);
  });

  test('leaves nothing of the others in a bundle that uses one reducer', async () => {
    const folder = temporaryFolder();
    for (const [name, text] of files) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    const bundle = async (entry: string): Promise<string> => {
      const { outputFiles } = await build({
        stdin: { contents: entry, resolveDir: folder, loader: 'ts' },
        bundle: true,
        write: false,
        minify: true,
        format: 'esm',
        platform: 'node',
        alias: { 'spacetimedb-signals/runtime': `${root}src/runtime.ts`, '#platform': `${root}src/platform/node.ts` },
        external: ['ws', 'pako', 'brotli-dec-wasm', 'localforage', '@preact/signals-core'],
        nodePaths: [join(root, 'node_modules')],
        logLevel: 'silent',
      });
      return outputFiles[0]?.text ?? '';
    };
    const one = await bundle(
      `import { updateBigTable7Reducer } from './index.ts'; console.log(updateBigTable7Reducer);`,
    );
    console.info(`one reducer of 400: ${one.length} bytes`);
    expect(new Set(one.match(/big_table_\d+/gi))).toEqual(new Set(['big_table_7']));
    const two = await bundle(
      `import { bigTable7Table, bigTable8Table } from './index.ts'; console.log(bigTable7Table, bigTable8Table);`,
    );
    expect(new Set(two.match(/"big_table_\d+"/g))).toEqual(new Set(['"big_table_7"', '"big_table_8"']));
  });
});
