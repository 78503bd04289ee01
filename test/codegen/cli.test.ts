import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { rawModuleDefBsatn } from '../module-def/raw-module-def.ts';
import { referenceSchema, syntheticSchema } from '../module-def/fixtures.ts';
import { spacetimeModule } from '../support/spacetime-module.ts';
import { code as instructions, wasmModule } from '../support/wasm-module.ts';
import { filesOf, run, temporaryFolder } from './command.ts';

const schemaFile = fileURLToPath(new URL('../reference-module/schema.v10.json', import.meta.url));
const wasmFile = fileURLToPath(new URL('../reference-module/reference-module.wasm', import.meta.url));

describe('generate', () => {
  test('writes the same files from a schema, standard input and a module', async () => {
    const folder = temporaryFolder();
    const first = await run(folder, ['generate', '--schema', schemaFile]);
    expect(first).toEqual({
      code: 0,
      output: ['index.ts', 'types.ts', 'schema.ts'].map((name) => `wrote ${join('src/generated', name)}`),
      errors: [],
    });
    await run(folder, ['generate', '--schema', '-', '-o', 'b'], referenceSchema(10));
    await run(folder, ['generate', '--wasm', wasmFile, '--out', 'c']);
    const expected = filesOf(join(folder, 'src/generated'));
    expect(Object.keys(expected)).toEqual(['index.ts', 'schema.ts', 'types.ts']);
    expect(filesOf(join(folder, 'b'))).toEqual(expected);
    expect(filesOf(join(folder, 'c'))).toEqual(expected);
  });

  test('does not touch files that are up to date', async () => {
    const folder = temporaryFolder();
    const args = ['generate', '--schema', schemaFile, '-o', '.'];
    await run(folder, args);
    const file = join(folder, 'index.ts');
    utimesSync(file, 1, 1);
    expect((await run(folder, args)).output).toEqual([
      'is up to date: index.ts',
      'is up to date: types.ts',
      'is up to date: schema.ts',
    ]);
    expect(statSync(file).mtimeMs).toBe(1000);
  });

  test('deletes what it wrote and no longer generates, and nothing else', async () => {
    const folder = temporaryFolder();
    await run(folder, ['generate', '--schema', schemaFile, '-o', '.']);
    writeFileSync(join(folder, 'old.ts'), filesOf(folder)['types.ts'] ?? '');
    writeFileSync(join(folder, 'mine.ts'), 'export {};\n');
    writeFileSync(join(folder, 'notes.md'), filesOf(folder)['types.ts'] ?? '');
    const { output } = await run(folder, ['generate', '--schema', schemaFile, '-o', '.']);
    expect(output).toContain('deleted old.ts');
    expect(Object.keys(filesOf(folder))).toEqual(['index.ts', 'mine.ts', 'notes.md', 'schema.ts', 'types.ts']);
  });

  test('never replaces a file that it did not write', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'types.ts'), 'export type Mine = 1;\n');
    const { code, errors } = await run(folder, ['generate', '--schema', schemaFile, '-o', '.']);
    expect(code).toBe(2);
    expect(errors).toEqual([expect.stringContaining('types.ts was not written by this generator')]);
    expect(filesOf(folder)).toEqual({ 'types.ts': 'export type Mine = 1;\n' });
  });

  test('says in one line each what it had to rename', async () => {
    const { code, errors } = await run(
      temporaryFolder(),
      ['generate', '--schema', '-'],
      syntheticSchema('type_collide3'),
    );
    expect(code).toBe(0);
    expect(errors).toEqual([expect.stringMatching(/^warning: .*FooBar\.Baz.*Foo\.BarBaz.*FooBarBaz2/)]);
  });

  test('imports what it is told to', async () => {
    const folder = temporaryFolder();
    await run(folder, ['generate', '--schema', schemaFile, '-o', '.', '--runtime', '../run', '--import-ext', 'none']);
    expect(filesOf(folder)['index.ts']).toContain(`import * as $ from '../run';\nimport * as $types from './types';\n`);
  });

  test('--dry-run says what would happen and writes nothing', async () => {
    const folder = temporaryFolder();
    const { code, output } = await run(folder, ['generate', '--schema', schemaFile, '--dry-run']);
    expect(code).toBe(0);
    expect(output).toEqual([
      `would write ${join('src/generated/index.ts')}`,
      `would write ${join('src/generated/types.ts')}`,
      `would write ${join('src/generated/schema.ts')}`,
    ]);
    expect(filesOf(folder)).toEqual({});
  });
});

test('--option null writes options as null', async () => {
  const folder = temporaryFolder();
  await run(folder, ['generate', '--schema', schemaFile, '-o', '.', '--option', 'null']);
  const { 'types.ts': types = '', 'index.ts': index = '' } = filesOf(folder);
  expect(types).toContain('  readonly maybeMaybe: { readonly some: string | null } | null;');
  expect(types).toContain('maybe: r.optionTag() ? r.u32() : null,');
  expect(index).toContain(`maybe: { name: 'maybe', codec: /*@__PURE__*/ $.nullableOf($.u32Codec) },`);
});

describe('--split', () => {
  test('gives each table a file of its own, and takes it away again', async () => {
    const folder = temporaryFolder();
    const args = ['generate', '--schema', schemaFile, '-o', '.', '--import-ext', 'ts'];
    const { output } = await run(folder, [...args, '--split']);
    expect(output).toContain(`wrote ${join('by-table/everyType.ts')}`);
    expect(readdirSync(join(folder, 'by-table'))).toHaveLength(11);
    expect(filesOf(join(folder, 'by-table'))['note.ts']).toContain('export interface NoteTable extends');
    expect(await run(folder, [...args, '--split', '--check'])).toEqual({ code: 0, output: [], errors: [] });
    const split: typeof import('../generated/reference/index.ts') = await import(join(folder, 'index.ts'));
    const client = await split.SpacetimeDbClient.create({ host: 'localhost:1', database: 'none' });
    expect(Object.keys(client.tables)).toContain('everyType');
    expect(client.note.id.find(1n)).toBeUndefined();
    expect(split.noteTable.name).toBe('note');
    await client.dispose();
    expect((await run(folder, args)).output).toContain(`deleted ${join('by-table/note.ts')}`);
    expect(readdirSync(folder).sort()).toEqual(['index.ts', 'schema.ts', 'types.ts']);
  });

  test('keeps names apart that differ in case only', async () => {
    const folder = temporaryFolder();
    const schema = referenceSchema(10).replaceAll('"message"', '"noTe"');
    await run(folder, ['generate', '--schema', '-', '-o', '.', '--split'], schema);
    const files = readdirSync(join(folder, 'by-table'));
    expect(new Set(files.map((name) => name.toLowerCase())).size).toBe(11);
  });
});

describe('--dump-schema', () => {
  test('writes a schema that the same code is generated of', async () => {
    const folder = temporaryFolder();
    const args = ['generate', '--schema', schemaFile, '-o', 'a', '--dump-schema', 'schema.json'];
    expect((await run(folder, args)).output.at(-1)).toBe('wrote schema.json');
    expect((await run(folder, args)).output.at(-1)).toBe('is up to date: schema.json');
    await run(folder, ['generate', '--schema', 'schema.json', '-o', 'b']);
    expect(filesOf(join(folder, 'b'))).toEqual(filesOf(join(folder, 'a')));
  });

  test('replaces a schema, and nothing else', async () => {
    const folder = temporaryFolder();
    const args = (file: string): string[] => ['generate', '--schema', schemaFile, '-o', 'a', '--dump-schema', file];
    writeFileSync(join(folder, 'old.json'), syntheticSchema('empty'));
    expect((await run(folder, args('old.json'))).output.at(-1)).toBe('wrote old.json');
    writeFileSync(join(folder, 'package.json'), '{}');
    const { code, errors } = await run(folder, args('package.json'));
    expect([code, errors]).toEqual([2, [expect.stringContaining('package.json holds no schema and is left as it is')]]);
    expect(readFileSync(join(folder, 'package.json'), 'utf8')).toBe('{}');
  });
});

test('--raw and --canonical say how names are meant', async () => {
  const folder = temporaryFolder();
  const typesOf = async (form: string): Promise<string> => {
    await run(folder, ['generate', '--schema', '-', '-o', form, `--${form}`], syntheticSchema('policy-none'));
    return filesOf(join(folder, form))['types.ts'] ?? '';
  };
  expect(await typesOf('canonical')).toContain('Column `Player1Id`.');
  expect(await typesOf('raw')).toContain('Column `player_1_id`.');
});

test('a compiled module that is not there gets one line', async () => {
  expect(await run(temporaryFolder(), ['generate', '--wasm', 'gone.wasm'])).toEqual({
    code: 2,
    output: [],
    errors: ['spacetimedb-signals generate: gone.wasm: there is no such file'],
  });
});

describe('generate --check', () => {
  const args = ['generate', '--schema', schemaFile, '-o', '.'];
  const check = [...args, '--check'];

  test('ends with 0 after generate', async () => {
    const folder = temporaryFolder();
    await run(folder, args);
    expect(await run(folder, check)).toEqual({ code: 0, output: [], errors: [] });
  });

  test('ends with 1 and names what is missing, changed and no longer generated, and writes nothing', async () => {
    const folder = temporaryFolder();
    await run(folder, args);
    const { 'index.ts': index = '' } = filesOf(folder);
    writeFileSync(join(folder, 'old.ts'), index);
    writeFileSync(join(folder, 'index.ts'), index.replace(/\n$/, ' \n'));
    const before = filesOf(folder);
    expect(await run(folder, check)).toEqual({
      code: 1,
      output: ['is not up to date: index.ts', 'is no longer generated: old.ts'],
      errors: ['run the same command without --check to bring these files up to date'],
    });
    expect(filesOf(folder)).toEqual(before);
    const empty = temporaryFolder();
    const missing = await run(empty, check);
    expect([missing.code, ...missing.output]).toEqual([
      1,
      'is missing: index.ts',
      'is missing: types.ts',
      'is missing: schema.ts',
    ]);
    expect(filesOf(empty)).toEqual({});
  });
});

describe('a wrong schema gets one line and exit code 2', () => {
  test.each([
    ['text that is no JSON', 'hello', 'standard input: module definition: not JSON'],
    ['another JSON', '[]', 'standard input: module definition: expected a schema'],
    [
      'a fault inside',
      '{"sections":[{"Tables":[{}]}]}',
      'module definition, Tables[0]: the field source_name is missing',
    ],
    ['too many variants', syntheticSchema('bigenum'), 'the type Big has 300 variants'],
  ])('%s', async (_, text, problem) => {
    const { code, output, errors } = await run(temporaryFolder(), ['generate', '--schema', '-'], text);
    expect([code, output]).toEqual([2, []]);
    expect(errors).toEqual([expect.stringContaining(problem)]);
    expect(errors[0]).not.toContain('\n');
  });

  test('a file that is not there', async () => {
    const { code, errors } = await run(temporaryFolder(), ['generate', '--schema', 'gone.json']);
    expect([code, errors.length]).toEqual([2, 1]);
    expect(errors[0]).toMatch(/^spacetimedb-signals generate: gone\.json: there is no such file or folder$/);
  });

  test('a folder in place of a file', async () => {
    const { code, errors } = await run(temporaryFolder(), ['generate', '--schema', '.']);
    expect([code, errors]).toEqual([2, ['spacetimedb-signals generate: .: it is a folder, not a file']]);
  });

  test('a compiled module in place of a schema, which the line says how to read', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'a.wasm'), spacetimeModule({}));
    const { code, errors } = await run(folder, ['generate', '--schema', 'a.wasm']);
    expect([code, errors.length]).toEqual([2, 1]);
    expect(errors[0]).toContain('a.wasm is a compiled module, not a schema in JSON: read it with --wasm');
  });

  test.each([
    ['no WebAssembly', new TextEncoder().encode('hello'), 'no WebAssembly module'],
    ['a missing export', wasmModule({}), 'does not export the function __describe_module__'],
    [
      'an import of another version',
      spacetimeModule({ imports: [{ module: 'spacetime_11.0', name: 'console_log' }] }),
      'spacetime_11.0.console_log',
    ],
    [
      'a trap',
      spacetimeModule({ functions: [{ name: '__preinit__10_x', code: instructions.unreachable }] }),
      '__preinit__10_x trapped: unreachable',
    ],
    ['a definition that is none', spacetimeModule({ definition: [9] }), 'module definition'],
  ])('a module with %s', async (_, bytes, problem) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'a.wasm'), bytes);
    const { code, errors } = await run(folder, ['generate', '--wasm', 'a.wasm']);
    expect([code, errors.length]).toEqual([2, 1]);
    expect(errors[0]).toMatch(/^spacetimedb-signals generate: a\.wasm: /);
    expect(errors[0]).toContain(problem);
    expect(errors[0]).not.toContain('\n');
  });

  test('a C++ module that says in a type what is wrong with it', async () => {
    const folder = temporaryFolder();
    const json = JSON.stringify({
      sections: [
        { Typespace: { types: [] } },
        { Types: [{ source_name: { scope: [], source_name: 'ERROR_no_key' }, ty: 999999, custom_ordering: false }] },
      ],
    });
    const [, ...definition] = rawModuleDefBsatn(json, 10);
    writeFileSync(join(folder, 'a.wasm'), spacetimeModule({ definition }));
    const { code, errors } = await run(folder, ['generate', '--wasm', 'a.wasm']);
    expect(code).toBe(2);
    expect(errors).toEqual([expect.stringContaining('a.wasm: module definition, Types[0]: the type ERROR_no_key')]);
  });

  test('an output folder that is a file', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'out'), '');
    const { code, errors } = await run(folder, ['generate', '--schema', schemaFile, '-o', 'out']);
    expect([code, errors.length]).toEqual([2, 1]);
  });
});

describe('wrong usage gets one line and exit code 3', () => {
  test.each([
    [[], 'a command is missing'],
    [['develop'], 'there is no command "develop"'],
    [['generate'], 'say where the schema comes from'],
    [['generate', '--wasm', 'a', '--schema', 'b'], 'one place only'],
    [['generate', '-s', 'http://localhost:3000'], '--database is missing'],
    [['generate', '-d', 'notes'], '--server is missing'],
    [['generate', '--schema', 'a', '--splice'], `there is no option '--splice'`],
    [['generate', '--schema', 'a', '--watch'], '--watch is for a server or a project'],
    [['generate', '--watch', '-p', 'a', '--check'], '--check and --watch exclude each other'],
    [['generate', '--schema', 'a', '--enums', 'number'], '--enums is object or string'],
    [['generate', '--schema'], '--schema <value>: the value is missing; '],
    [['generate', 'stray', '--schema', 'a'], "what is 'stray'? A schema comes from --server with"],
    [['generate', '--schema', 'a', '--import-ext', 'mjs'], '--import-ext is js, ts or none'],
    [['generate', '--schema', 'a', '--check', '--dry-run'], 'exclude each other'],
    [['generate', '--schema', 'a', '--raw', '--canonical'], '--raw and --canonical exclude each other'],
    [['generate', '--wasm', 'a', '--raw'], 'how the names of a --schema are meant'],
    [['generate', '--schema', 'a', '--option', 'none'], '--option is undefined or null'],
    [
      ['generate', '--schema', 'a', '--check', '--dump-schema', 'b'],
      '--dump-schema writes a file, and --check writes none',
    ],
  ])('%j', async (args, problem) => {
    const { code, output, errors } = await run(temporaryFolder(), args);
    expect([code, output]).toEqual([3, []]);
    expect(errors).toEqual([expect.stringContaining(problem)]);
    expect(errors[0]).toContain('--help');
  });

  test.each([[['--help']], [['help']], [['generate', '--help']], [['generate', '-h', '--wasm', 'a']]])(
    '%j shows how to use it',
    async (args) => {
      const { code, output, errors } = await run(temporaryFolder(), args);
      expect([code, errors]).toEqual([0, []]);
      expect(output.join('\n')).toContain('Usage:');
    },
  );
});

test.each([['--version'], ['-v'], ['version']])('%s says the version of the package', async (arg) => {
  const { version }: { readonly version: string } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  );
  expect(await run(temporaryFolder(), [arg])).toEqual({ code: 0, output: [version], errors: [] });
});

test('a folder that does not exist yet is made', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'a'));
  expect((await run(folder, ['generate', '--schema', schemaFile, '-o', 'a/b/c'])).code).toBe(0);
  expect(Object.keys(filesOf(join(folder, 'a/b/c')))).toEqual(['index.ts', 'schema.ts', 'types.ts']);
});

test('the program itself reads standard input, prints and ends with the exit code', async () => {
  const folder = temporaryFolder();
  const program = join(folder, 'cli.mjs');
  const entryPoints = [fileURLToPath(new URL('../../codegen/cli.ts', import.meta.url))];
  await build({ entryPoints, outfile: program, bundle: true, format: 'esm', platform: 'node', logLevel: 'silent' });
  const runProgram = (args: readonly string[], input: string): ReturnType<typeof spawnSync> =>
    spawnSync(process.execPath, [program, ...args], { cwd: folder, input, encoding: 'utf8' });
  const written = runProgram(['generate', '--schema', '-', '-o', 'out'], referenceSchema(10));
  expect([written.status, written.stderr]).toEqual([0, '']);
  expect(written.stdout).toBe(
    `wrote ${join('out/index.ts')}\nwrote ${join('out/types.ts')}\nwrote ${join('out/schema.ts')}\n`,
  );
  const wrong = runProgram(['develop'], '');
  expect([wrong.status, wrong.stdout]).toEqual([3, '']);
  expect(wrong.stderr).toContain('there is no command "develop"');
  expect(readFileSync(program, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
});
