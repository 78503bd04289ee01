import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, onTestFinished, test } from 'vitest';
import { describeWasmName } from '../../codegen/describe-wasm-command.ts';
import { describeInChild } from '../../codegen/source/describe-in-child.ts';
import { describeJavaScript } from '../../codegen/source/javascript-module.ts';
import { moduleFromBsatn } from '../../src/module-def/index.ts';
import { spacetimeModule } from '../support/spacetime-module.ts';
import { typescriptProject } from '../support/typescript-project.ts';
import { filesOf, run, temporaryFolder } from './command.ts';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const typescriptModule = at('../fixtures/typescript-module');
const rustModule = at('../fixtures/rust-module');
const referenceWasm = at('../reference-module/reference-module.wasm');

describe('a module in TypeScript', () => {
  test('is read from its project', async () => {
    const folder = temporaryFolder();
    const { code, output, errors } = await run(folder, ['generate', '-p', typescriptModule, '-o', '.']);
    expect([code, output, errors]).toEqual([0, ['wrote index.ts', 'wrote types.ts', 'wrote schema.ts'], []]);
    const { 'index.ts': index = '', 'types.ts': types = '' } = filesOf(folder);
    expect(types).toContain(`  readonly mood: Mood;\n  readonly weight: number | undefined;\n`);
    expect(index).toContain('  readonly addCat: $.ReducerCall<$types.AddCatArgs>;');
    expect(index).not.toContain('secret_diary');
  });

  test('is read from a bundle, too', async () => {
    const folder = temporaryFolder();
    await build({
      entryPoints: [join(typescriptModule, 'src/index.ts')],
      outfile: join(folder, 'bundle.js'),
      bundle: true,
      format: 'esm',
      external: ['spacetime:sys*'],
      logLevel: 'silent',
    });
    await run(folder, ['generate', '--js', 'bundle.js', '-o', 'a']);
    await run(folder, ['generate', '-p', typescriptModule, '-o', 'b']);
    expect(filesOf(join(folder, 'a'))).toEqual(filesOf(join(folder, 'b')));
  });

  test('shows what is private when that is asked for', async () => {
    const folder = temporaryFolder();
    await run(folder, ['generate', '-p', typescriptModule, '-o', '.', '--include-private']);
    expect(filesOf(folder)['index.ts']).toContain('/** The private table `secret_diary`. Primary key: `page`. */');
  });

  test('may write enums as strings', async () => {
    const folder = temporaryFolder();
    await run(folder, ['generate', '-p', typescriptModule, '-o', '.', '--enums', 'string']);
    expect(filesOf(folder)['types.ts']).toContain(`export type Mood = 'Calm' | 'Cross';`);
  });

  test('of an older kind registers itself', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'old.js');
    const v9 = [1, ...Array<number>(24).fill(0)];
    writeFileSync(
      file,
      `import { register_hooks } from 'spacetime:sys@1.0';
       register_hooks({ __describe_module__: () => new Uint8Array(${JSON.stringify(v9)}) });`,
    );
    expect(moduleFromBsatn(await describeJavaScript(file)).tables).toEqual([]);
  });

  test.each([
    ['without a default export', 'export const a = 1;', 'it has no schema as its default export'],
    ['that throws', `throw new TypeError('no luck');`, 'it throws when it is loaded: TypeError: no luck'],
    ['that throws what is no error', `throw 'no luck\\nat all';`, 'it throws when it is loaded: no luck'],
    ['that does not parse', 'export default (', 'it cannot be bundled: src/index.ts:1:17: Unexpected end of file'],
    ['with a package that is not there', `import 'not-there';`, 'Could not resolve "not-there"'],
    [
      'that calls the host',
      `import { identity } from 'spacetime:sys@2.0'; identity();`,
      'identity is not there while a module describes itself',
    ],
  ])('%s gets one line', async (_, source, problem) => {
    const folder = typescriptProject(source);
    const { code, errors } = await run(folder, ['generate', '-p', '.']);
    expect([code, errors]).toEqual([2, [expect.stringContaining(problem)]]);
    expect(errors[0]).toMatch(/^spacetimedb-signals generate: \.: /);
  });

  test('whose file is somewhere else is told where it is looked for', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'package.json'), '{}');
    expect((await run(folder, ['generate', '-p', '.'])).errors).toEqual([
      'spacetimedb-signals generate: .: there is no src/index.ts, which a module in TypeScript begins with',
    ]);
  });

  test('that loops for ever is ended, and the line says so', async () => {
    const folder = typescriptProject('for (;;);');
    await expect(describeJavaScript(join(folder, 'src/index.ts'), 300)).rejects.toThrow(
      'the module did not finish describing itself within 0.3 seconds',
    );
  });

  test('cannot read what belongs to the caller', async () => {
    const folder = typescriptProject(`throw new Error(JSON.stringify(process.env.SECRET ?? 'nothing'));`);
    process.env['SECRET'] = 'secret';
    onTestFinished(() => void delete process.env['SECRET']);
    expect((await run(folder, ['generate', '-p', '.'])).errors[0]).toContain('"nothing"');
  });
});

/** A folder for PATH with programs that are these shell scripts. */
function fakeTools(tools: Readonly<Record<string, string>>): Readonly<Record<string, string | undefined>> {
  const folder = temporaryFolder();
  for (const [name, script] of Object.entries(tools)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return { ...process.env, PATH: [folder, '/usr/bin', '/bin'].join(delimiter) };
}

const artifact = (kind: string, file: string): string =>
  `echo '${JSON.stringify({ reason: 'compiler-artifact', target: { kind: [kind] }, filenames: [file] })}'`;

describe('a module in Rust', () => {
  test('is built by cargo, whose last library it is, and what cargo says is passed on', async () => {
    const folder = temporaryFolder();
    const env = fakeTools({
      cargo: [
        'echo "$@" > arguments',
        'echo "   Compiling rust-module" >&2',
        'echo not json',
        artifact('cdylib', '/nowhere/first.wasm'),
        artifact('cdylib', referenceWasm),
        artifact('bin', '/nowhere/last.wasm'),
      ].join('\n'),
    });
    const project = temporaryFolder();
    copyFileSync(join(rustModule, 'Cargo.toml'), join(project, 'Cargo.toml'));
    const { code, errors } = await run(folder, ['generate', '-p', project, '-o', '.'], '', { env });
    expect([code, errors]).toEqual([0, ['   Compiling rust-module']]);
    expect(filesOf(folder)['index.ts']).toContain('/** The table `every_type`. Primary key: `id`. */');
    expect(filesOf(project)['arguments']).toBe(
      'build --target wasm32-unknown-unknown --message-format=json-render-diagnostics\n',
    );
  });

  test.each([
    ['', 'cargo built no wasm file'],
    [
      `echo "error[E0463]: can't find crate for \\\`core\\\`" >&2; exit 101`,
      'cargo could not build the module (exit code 101): run: rustup target add wasm32-unknown-unknown',
    ],
    ['echo "error: expected one of" >&2; exit 101', 'what it says is above'],
  ])('that cannot be built with %j gets a last line', async (script, problem) => {
    const { code, errors } = await run(temporaryFolder(), ['generate', '-p', rustModule], '', {
      env: fakeTools({ cargo: script }),
    });
    expect(code).toBe(2);
    expect(errors.at(-1)).toContain(problem);
  });

  const target = spawnSync('rustc', ['--print', 'target-libdir', '--target', 'wasm32-unknown-unknown']);
  const isInstalled = target.status === 0 && spawnSync('ls', [String(target.stdout).trim()]).status === 0;
  if (!isInstalled) console.info('no Rust for wasm32-unknown-unknown here: the module in Rust is not built');
  test.runIf(isInstalled)(
    'is built by the real cargo',
    async () => {
      const folder = temporaryFolder();
      cpSync(rustModule, join(folder, 'module'), { recursive: true });
      expect((await run(folder, ['generate', '-p', 'module', '-o', 'out'])).code).toBe(0);
      expect(filesOf(join(folder, 'out'))['index.ts']).toContain('readonly addCat: ');
      // It builds the whole of SpacetimeDB's library first.
    },
    900_000,
  );
});

/** What a tool is called with, one call in a line. */
const notes = (command: string): string => `echo ${command} "$@" >> calls`;

describe('a module in C#', () => {
  const projectOf = (): string => {
    const project = temporaryFolder();
    writeFileSync(join(project, 'Module.csproj'), '<Project/>');
    return project;
  };

  test('is published by dotnet, and read from where that leaves it', async () => {
    const project = projectOf();
    const output = 'bin/Release/net8.0/wasi-wasm/AppBundle';
    const env = fakeTools({
      dotnet: `${notes('dotnet')}; mkdir -p ${output} && cp ${referenceWasm} ${output}/StdbModule.wasm && touch ${output}/dotnet.wasm`,
    });
    const folder = temporaryFolder();
    const { code, errors } = await run(folder, ['generate', '-p', project, '-o', '.'], '', { env });
    expect([code, errors]).toEqual([0, []]);
    expect(filesOf(folder)['index.ts']).toContain('/** The table `every_type`. Primary key: `id`. */');
    expect(readFileSync(join(project, 'calls'), 'utf8')).toBe('dotnet publish -c Release\n');
  });

  test.each([
    ['echo "Lib.cs(3,1): error CS1002: ; expected"; exit 1', 'what it says is above'],
    ['echo "error NETSDK1147: install wasi-experimental"; exit 1', 'run: dotnet workload install wasi-experimental'],
    ['echo "error NETSDK1129: several targets"; exit 1', 'run: dotnet publish -c Release -f net8.0'],
    ['true', 'the build left no file that ends in StdbModule.wasm'],
  ])('that cannot be built with %j gets a last line', async (script, problem) => {
    const env = fakeTools({ dotnet: script });
    const { code, errors } = await run(temporaryFolder(), ['generate', '-p', projectOf()], '', { env });
    expect([code, errors.at(-1)]).toEqual([2, expect.stringContaining(problem)]);
    // What dotnet says of errors is in its output.
    if (script.startsWith('echo')) expect(errors[0]).toContain('error ');
  });
});

test('a module in C++ is built by cmake, as Emscripten sets it up', async () => {
  const project = temporaryFolder();
  writeFileSync(join(project, 'CMakeLists.txt'), '');
  const env = fakeTools({
    emcmake: `${notes('emcmake')}; mkdir -p build && touch build/old.wasm`,
    cmake: `${notes('cmake')}; sleep 0.05; cp ${referenceWasm} build/lib.wasm`,
  });
  const folder = temporaryFolder();
  const { code, errors } = await run(folder, ['generate', '-p', project, '-o', '.'], '', { env });
  expect([code, errors]).toEqual([0, []]);
  expect(filesOf(folder)['types.ts']).toContain('export interface EveryType {');
  expect(readFileSync(join(project, 'calls'), 'utf8')).toBe('emcmake cmake -S . -B build\ncmake --build build\n');
});

describe('a tool that is missing is named with what installs it', () => {
  test.each([
    ['Cargo.toml', 'cargo is missing, which builds this module: install Rust from https://rustup.rs'],
    ['Module.csproj', 'dotnet is missing, which builds this module: install the .NET SDK 8'],
    ['CMakeLists.txt', 'emcmake is missing, which builds this module: install Emscripten'],
  ])('for a project with %s', async (marker, problem) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, marker), '');
    const { code, errors } = await run(folder, ['generate', '-p', '.'], '', { env: { PATH: folder } });
    expect([code, errors]).toEqual([2, [expect.stringContaining(problem)]]);
  });
});

test.each([
  ['an empty folder', '.', 'there is no module here'],
  ['no folder', 'nowhere', 'there is no such folder'],
])('%s gets one line', async (_, folder, problem) => {
  const { code, errors } = await run(temporaryFolder(), ['generate', '-p', folder]);
  expect([code, errors]).toEqual([2, [expect.stringContaining(`${folder}: ${problem}`)]]);
});

test('the program describes a compiled module in a process of its own, and passes on what that says', async () => {
  const folder = temporaryFolder();
  const program = join(folder, 'cli.mjs');
  await build({
    entryPoints: [at('../../codegen/cli.ts')],
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'silent',
  });
  const generate = (file: string): ReturnType<typeof spawnSync> =>
    spawnSync(process.execPath, [program, 'generate', '--wasm', file, '-o', 'out'], { cwd: folder, encoding: 'utf8' });
  expect(generate(referenceWasm).status).toBe(0);
  // loop { br 0 }
  const describe = { name: '__describe_module__', params: ['i32'], code: [0x03, 0x40, 0x0c, 0x00, 0x0b] } as const;
  writeFileSync(join(folder, 'loop.wasm'), spacetimeModule({ functions: [describe] }));
  const looping = describeInChild((output) => [program, describeWasmName, join(folder, 'loop.wasm'), output], 500);
  await expect(looping).rejects.toThrow('did not finish describing itself within 0.5 seconds');
  writeFileSync(join(folder, 'none.wasm'), spacetimeModule({}).subarray(0, 20));
  const broken = generate('none.wasm');
  expect(broken.status).toBe(2);
  expect(broken.stderr).toMatch(/^spacetimedb-signals generate: none\.wasm: cannot load the module: .*\n$/);
});
