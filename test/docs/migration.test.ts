import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EmbeddedServer } from '../../src/embedded/index.ts';
import { programOf, snippetsOf } from '../support/readme.ts';
import { compilerSays } from '../support/compiler.ts';
import { bundleExample } from '../support/bundle-example.ts';
import { patienceMs } from '../support/patience.ts';

const run = promisify(execFile);
const at = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

let folder: string;
let page: string;

beforeAll(async () => {
  folder = await mkdtemp(at('.docs-'));
  page = await readFile(at('../docs/migration.md'), 'utf8');
});

afterAll(() => rm(folder, { recursive: true }));

/** The examples of one client as one program, which ends with `end`. */
function program(language: 'js' | 'ts', host: string, end: string): string {
  const text = programOf(snippetsOf(page, language).map(({ code }) => code))
    .replaceAll('./generated/index.js', '../generated/reference/index.ts')
    .replaceAll('./module_bindings', '../official/module-bindings.ts')
    .replaceAll("'localhost:3000'", `'${host}'`)
    .replaceAll('ws://localhost:3000', `ws://${host}`);
  return `${text}\n${end}\n`;
}

/** What the program prints; each has a server of its own. */
async function printed(language: 'js' | 'ts', end: string): Promise<string[]> {
  await using server = await EmbeddedServer.start({
    module: at('reference-module/reference-module.wasm'),
    database: 'notes',
  });
  const source = join(folder, `program.${language}`);
  await writeFile(source, program(language, server.host, end));
  const outfile = join(folder, `${language}.mjs`);
  await bundleExample(source, outfile);
  const { stdout, stderr } = await run(process.execPath, [outfile], { timeout: patienceMs });
  expect(stderr).toBe('');
  return stdout.trimEnd().split('\n');
}

describe('the guide from the official client', () => {
  test('has an example for each client in every pair', () => {
    expect(snippetsOf(page, 'js').length).toBe(snippetsOf(page, 'ts').length);
    expect(snippetsOf(page, 'js').length).toBeGreaterThan(5);
  });

  test('has examples of this client that compile under the flags of this project', async () => {
    await writeFile(join(folder, 'compiled.ts'), program('ts', 'localhost:3000', 'await client.dispose();'));
    const config = { extends: at('../tsconfig.json'), include: [join(folder, 'compiled.ts')], exclude: [] };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
    expect(await compilerSays(folder)).toBe('');
  });

  test('has examples that print the same with both clients', async () => {
    const before = await printed('js', 'connection.disconnect();');
    const after = await printed('ts', 'await client.dispose();');
    const report = [
      'connected true',
      'notes 0',
      'found Milk',
      "all [ 'Milk' ]",
      'changed Milk Bread true',
      'refused say something',
      'sum 42',
    ];
    expect(after).toEqual(report);
    // The official client also prints that it connects.
    expect(before.filter((line) => report.includes(line))).toEqual(report);
  });
});
