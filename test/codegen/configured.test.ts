import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { referenceSchema, syntheticSchema } from '../module-def/fixtures.ts';
import { filesOf, run, type RunOptions, temporaryFolder } from './command.ts';
import { listenOnLoopback } from '../support/loopback.ts';

const typescriptModule = fileURLToPath(new URL('../fixtures/typescript-module', import.meta.url));
const schemaFile = fileURLToPath(new URL('../reference-module/schema.v10.json', import.meta.url));

describe('spacetime.json', () => {
  const folderWith = (settings: unknown, local?: unknown): string => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'spacetime.json'), typeof settings === 'string' ? settings : JSON.stringify(settings));
    if (local !== undefined) writeFileSync(join(folder, 'spacetime.local.json'), JSON.stringify(local));
    return folder;
  };
  const typescript = (folder: string): unknown => ({ language: 'typescript', 'out-dir': folder });

  test('says where the module is and where its code goes, for all inside it too', async () => {
    const folder = folderWith({
      'module-path': typescriptModule,
      generate: [
        typescript('a'),
        { language: 'rust', 'out-dir': 'rust' },
        { language: 'TypeScript', 'out-dir': 'b', 'include-private': true },
      ],
      children: [{ database: 'other', generate: [typescript('c')] }, { database: 'same' }],
    });
    const { code, output } = await run(folder, ['generate']);
    expect(code).toBe(0);
    const written = ['a', 'b', 'c', 'a', 'b'].flatMap((name) => [
      join(name, 'index.ts'),
      join(name, 'types.ts'),
      join(name, 'schema.ts'),
    ]);
    expect(output.map((line) => line.replace(/^wrote |^is up to date: /, ''))).toEqual(written);
    expect(filesOf(join(folder, 'a'))).toEqual(filesOf(join(folder, 'c')));
    expect(filesOf(join(folder, 'a'))['index.ts']).not.toContain('secret_diary');
    expect(filesOf(join(folder, 'b'))['index.ts']).toContain('secret_diary');
  });

  test('gives way to a local one and to the command line', async () => {
    const folder = folderWith(
      { 'module-path': 'nowhere', generate: [typescript('a')] },
      { 'module-path': typescriptModule },
    );
    expect((await run(folder, ['generate', '-o', 'b'])).output).toEqual([
      `wrote ${join('b/index.ts')}`,
      `wrote ${join('b/types.ts')}`,
      `wrote ${join('b/schema.ts')}`,
    ]);
    expect((await run(folder, ['generate', '--schema', schemaFile])).output[0]).toBe(
      `wrote ${join('src/generated/index.ts')}`,
    );
  });

  test('gives way to that of an environment, and that to the local ones', async () => {
    const folder = folderWith({ 'module-path': 'nowhere', generate: [typescript('a')] });
    const write = (name: string, settings: unknown): void =>
      writeFileSync(join(folder, name), JSON.stringify(settings));
    const first = async (): Promise<string | undefined> => (await run(folder, ['generate', '--env', 'test'])).output[0];
    write('spacetime.test.json', { 'module-path': typescriptModule, generate: [typescript('of-test')] });
    expect(await first()).toBe(`wrote ${join('of-test/index.ts')}`);
    write('spacetime.local.json', { generate: [typescript('local')] });
    expect(await first()).toBe(`wrote ${join('local/index.ts')}`);
    write('spacetime.test.local.json', { generate: [typescript('local-test')] });
    expect(await first()).toBe(`wrote ${join('local-test/index.ts')}`);
    expect((await run(folder, ['generate'])).errors).toEqual([
      expect.stringContaining('nowhere (module-path of spacetime.json): there is no'),
    ]);
  });

  test.each([
    ['{', 2, 'spacetime.json is no JSON'],
    ['[]', 2, 'spacetime.json holds no object'],
    ['{}', 3, 'say where the schema comes from'],
  ])('that is %s gets one line', async (text, exitCode, problem) => {
    const { code, errors } = await run(folderWith(text), ['generate']);
    expect([code, errors]).toEqual([exitCode, [expect.stringContaining(problem)]]);
  });

  test('that names several folders does not go with one', async () => {
    const folder = folderWith({ generate: [typescript('a'), typescript('b')] });
    expect((await run(folder, ['generate', '-o', 'c'])).errors).toEqual([
      expect.stringContaining('--out is one folder'),
    ]);
  });
});

describe('the folder spacetimedb', () => {
  test('is where the module of an app is, with no word about it or with the folder of the app', async () => {
    const app = temporaryFolder();
    symlinkSync(typescriptModule, join(app, 'spacetimedb'));
    writeFileSync(join(app, 'package.json'), '{}');
    expect((await run(app, ['generate', '-o', 'a'])).code).toBe(0);
    expect((await run(app, ['generate', '-p', '.', '-o', 'b'])).code).toBe(0);
    expect(filesOf(join(app, 'b'))).toEqual(filesOf(join(app, 'a')));
    expect(filesOf(join(app, 'a'))['index.ts']).toContain('catTable');
  });
});

test('--json prints one line for programs', async () => {
  const folder = temporaryFolder();
  const args = ['generate', '--schema', '-', '-o', 'out', '--json'];
  const { code, output, errors } = await run(folder, args, syntheticSchema('col_collide'));
  expect([code, errors, output.length]).toEqual([0, [], 1]);
  expect(JSON.parse(output[0] ?? '')).toEqual({
    module: expect.stringMatching(/^[0-9a-f]{64}$/),
    folder: 'out',
    mode: 'write',
    files: [
      { name: 'index.ts', kind: 'create' },
      { name: 'types.ts', kind: 'create' },
      { name: 'schema.ts', kind: 'create' },
    ],
    warnings: [expect.stringContaining('columns of T')],
  });
  rmSync(join(folder, 'out/types.ts'));
  const check = await run(folder, [...args, '--check'], syntheticSchema('col_collide'));
  expect(check.code).toBe(1);
  expect(JSON.parse(check.output[0] ?? '')).toMatchObject({
    mode: 'check',
    files: [{ kind: 'none' }, { name: 'types.ts', kind: 'create' }, { kind: 'none' }],
  });
});

describe('a spacetime.json that is not as it should be gets one line that says where', () => {
  const typescript = { language: 'typescript', 'out-dir': 'out' };
  test.each([
    [{ generate: [typescript] }, 'spacetimedb (spacetime.json names no module-path): there is no such folder'],
    [{ 'module-path': './m', generate: [typescript] }, './m (module-path of spacetime.json): there is no such folder'],
    [{ generate: [{ ...typescript, 'out-dir': 5 }] }, 'spacetime.json: "out-dir" is to be a text, not 5'],
    [{ generate: typescript }, 'spacetime.json: "generate" is to be a list of objects, not {"language"'],
  ])('%j', async (settings, problem) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'spacetime.json'), JSON.stringify(settings));
    const { code, errors } = await run(folder, ['generate']);
    expect([code, errors]).toEqual([2, [expect.stringContaining(problem)]]);
  });
});

/** A run that watches: each step is done when it has printed what is awaited, and the last one ends it. */
function watching(
  folder: string,
  args: readonly string[],
): {
  readonly said: (text: string, count?: number) => Promise<void>;
  readonly end: () => Promise<{ readonly code: number; readonly lines: readonly string[] }>;
} {
  const lines: string[] = [];
  const interrupted = new AbortController();
  let wake = (): void => {};
  const options: RunOptions = {
    interrupted: interrupted.signal,
    onLine: (line) => {
      lines.push(line);
      wake();
    },
  };
  const result = run(folder, ['generate', '--watch', ...args], '', options);
  const end = async (): Promise<{ readonly code: number; readonly lines: readonly string[] }> => {
    interrupted.abort();
    return { code: (await result).code, lines };
  };
  onTestFinished(async () => void (await end()));
  return {
    said: async (text, count = 1) => {
      while (lines.filter((line) => line.includes(text)).length < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    end,
  };
}

describe('--watch', () => {
  test('follows a project, and keeps what was written while it cannot be read', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'module/src/index.ts');
    const source = readFileSync(join(typescriptModule, 'src/index.ts'), 'utf8');
    mkdirSync(join(folder, 'module/src'), { recursive: true });
    writeFileSync(join(folder, 'module/package.json'), '{}');
    writeFileSync(
      file,
      source.replace("'spacetimedb/server'", JSON.stringify(fileURLToPath(import.meta.resolve('spacetimedb/server')))),
    );
    const good = readFileSync(file, 'utf8');
    const { said, end } = watching(folder, ['-p', 'module', '-o', 'module/out']);
    await said('wrote', 2);
    writeFileSync(file, 'export default (');
    await said('what was written before stays as it is');
    expect(filesOf(join(folder, 'module/out'))['index.ts']).toContain(`'add_cat'`);
    writeFileSync(file, good.replace('addCat', 'addDog'));
    await said('wrote', 6);
    expect(filesOf(join(folder, 'module/out'))['index.ts']).toContain(`'add_dog'`);
    expect((await end()).code).toBe(0);
  });

  test('asks a server again and again, and says only what changed', async () => {
    const answers = [referenceSchema(10), referenceSchema(10), syntheticSchema('nested')];
    const server = createServer((_, response) => response.end(answers.length > 1 ? answers.shift() : answers[0]));
    onTestFinished(() => void server.close());
    const port = await listenOnLoopback(server);
    const { said, end } = watching(temporaryFolder(), ['-s', `127.0.0.1:${port}`, '-d', 'a', '-o', '.']);
    await said('wrote', 6);
    expect((await end()).lines).toEqual([
      'wrote index.ts',
      'wrote types.ts',
      'wrote schema.ts',
      'wrote index.ts',
      'wrote types.ts',
      'wrote schema.ts',
    ]);
  });

  test('ends where there is nothing to watch', async () => {
    const { code, errors } = await run(temporaryFolder(), ['generate', '--watch', '-p', 'nowhere']);
    expect([code, errors]).toEqual([
      2,
      [expect.stringMatching(/^spacetimedb-signals generate: nowhere: there is no such file or folder$/)],
    ]);
  });
});
