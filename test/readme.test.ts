import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EmbeddedServer } from '../src/embedded/index.ts';
import { manualSnippets, namedMembers, programOf } from './support/readme.ts';
import { bundleExample } from './support/bundle-example.ts';
import { patienceMs } from './support/patience.ts';

const run = promisify(execFile);
const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const wasm = at('reference-module/reference-module.wasm');

let folder: string;
let server: EmbeddedServer;

beforeAll(async () => {
  folder = await mkdtemp(at('.readme-'));
  server = await EmbeddedServer.start({ module: wasm, database: 'notes' });
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** The program of the README and the pages that go on from it, with its names of places replaced by real ones. */
function program(): string {
  return programOf(manualSnippets().map(({ code }) => code))
    .replaceAll('./generated/index.js', '../generated/reference/index.ts')
    .replaceAll("'localhost:3000'", `'${server.host}'`)
    .replaceAll("'notes.wasm'", JSON.stringify(wasm));
}

describe('the examples of the README and of the pages that go on from it', () => {
  test('compile under the flags of this project, and what the text names is there', async () => {
    await writeFile(join(folder, 'program.ts'), `${program()}\nawait client.dispose();\n`);
    const members = namedMembers().map((member) => `void ${member};\n`);
    const named = `import { type SpacetimeDbClient } from '../generated/reference/index.ts';\ndeclare const client: SpacetimeDbClient;\n`;
    await writeFile(join(folder, 'named.ts'), named + members.join(''));
    const config = {
      extends: at('../tsconfig.json'),
      include: ['program.ts', 'named.ts'].map((name) => join(folder, name)),
      exclude: [],
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const compiled = run(process.execPath, [at('../node_modules/typescript/bin/tsc'), '-p', folder]);
    await expect(compiled).resolves.toMatchObject({ stdout: '' });
  });

  test('run, and print what they say they print', async () => {
    const source = join(folder, 'program.ts');
    const bundle = join(folder, 'program.mjs');
    await bundleExample(source, bundle);
    const { stdout, stderr } = await run(process.execPath, [bundle], { timeout: patienceMs });
    const printed = stdout.split('\n');
    for (const line of [
      'true two litres',
      'Milk',
      'Milk → Milk and bread',
      'in room 3 said',
      '42n',
      'committed hello again',
      'motd',
      'say say something',
      'Shopping true',
      'Shopping false',
      'shows 1 while pending',
      'shows 1 when confirmed',
      'cached: 0',
      'pending of 1',
      'committed In a tunnel',
      'shows at once: true',
      'a line of somebody else | my line',
      'the form says: ReducerError: say something',
      'heard 3',
      'up to date',
      'without a network: In a tunnel',
      'Bread',
      'client: Subscribe 1: SELECT * FROM note',
    ]) {
      expect(printed).toContain(line);
    }
    expect(printed).toContainEqual(expect.stringMatching(/^committed \d{4}-\d\d-\d\dT/));
    expect(stderr).toBe('');
  });
});
