import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EmbeddedServer, type EmbeddedServerOptions } from '../../src/embedded/index.ts';
import { referenceWasm } from '../support/golden/reference-schema.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { typescriptProject } from '../support/typescript-project.ts';

/** What an author of a module does wrong in his first hour, also without types. */
async function problemOf(options: Readonly<Record<string, unknown>>): Promise<string> {
  const given: EmbeddedServerOptions = { module: referenceWasm, database: 'a' };
  try {
    const server = await EmbeddedServer.start(Object.assign(given, options));
    await server.close();
  } catch (error) {
    if (error instanceof Error) return `${error.name}: ${error.message}`;
    throw error;
  }
  throw new Error('the server was started');
}

test.each<readonly [string, Readonly<Record<string, unknown>>, string]>([
  [
    'an option that there is not',
    { datadir: '/tmp' },
    'TypeError: EmbeddedServer.start has no option datadir, but database, dataDir',
  ],
  ['a name that is none', { database: 'My_DB' }, 'RangeError: database is no name for a database: "My_DB"; use lower'],
  [
    'a port as a text',
    { port: '3000' },
    'RangeError: port is no port: "3000"; give a number from 0, for any that is free',
  ],
  ['a port that no machine has', { port: 70_000 }, 'RangeError: port is no port: 70000; '],
  [
    'an address that others reach',
    { host: '0.0.0.0' },
    'RangeError: host is "0.0.0.0": the embedded server is for this',
  ],
  ['no module', { module: undefined }, 'RangeError: module is no module: undefined; give the path of a .wasm'],
  ['an empty path', { module: '' }, 'RangeError: module is no module: ""; give the path'],
  [
    'an address instead of a path',
    { module: new URL('file:///module.wasm') },
    'RangeError: module is no module: file:///module.wasm; give the path',
  ],
])('a server is refused %s', async (_, options, problem) => {
  expect(await problemOf(options)).toContain(problem);
});

describe('the path of a module', () => {
  const refusalOf = async (module: string): Promise<string> => problemOf({ module });
  /** A folder with these files. */
  function folderWith(files: Readonly<Record<string, string>>): string {
    const folder = temporaryFolder();
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(folder, name, '..'), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    return folder;
  }

  test('leads nowhere', async () => {
    for (const name of ['none', 'none.wasm', 'none.ts']) {
      const path = join(temporaryFolder(), name);
      expect(await refusalOf(path)).toBe(`ModuleLoadError: cannot load the module: there is no ${path}`);
    }
  });

  test('leads to a file that is something else', async () => {
    const folder = folderWith({ 'a.wasm': 'no wasm', 'b.wasm': '', 'lib.rs': 'mod a;' });
    expect(await refusalOf(join(folder, 'a.wasm'))).toMatch(/a\.wasm is no WebAssembly; build the module again$/);
    expect(await refusalOf(join(folder, 'b.wasm'))).toMatch(/b\.wasm is no WebAssembly, but empty; build/);
    expect(await refusalOf(join(folder, 'lib.rs'))).toMatch(
      /lib\.rs is no WebAssembly; expected a \.wasm, a project in TypeScript, or the file that it begins with$/,
    );
  });

  test('leads to a project that has to be built, or to the folder around one', async () => {
    expect(await refusalOf(folderWith({ 'Cargo.toml': '' }))).toMatch(/ is a project in Rust: build it and give/);
    expect(await refusalOf(folderWith({ 'a.csproj': '' }))).toMatch(/ is a project in C#: build it and give/);
    expect(await refusalOf(folderWith({ 'CMakeLists.txt': '' }))).toMatch(/ is a project in C\+\+: build it and give/);
    const app = folderWith({ 'package.json': '{}', 'spacetimedb/src/index.ts': '' });
    expect(await refusalOf(app)).toMatch(/ has no src\/index\.ts, .*; .*\/spacetimedb does: give that path$/);
    expect(await refusalOf(folderWith({}))).toMatch(/ has no src\/index\.ts, where a module in TypeScript begins$/);
  });
});

describe('a data folder', () => {
  test('with rows that do not fit the module says which file has them', async () => {
    const source = (type: string): string => `import { schema, t, table } from 'spacetimedb/server';
      const spacetimedb = schema({ cat: table({ name: 'cat' }, { name: t.${type}() }) });
      export default spacetimedb;
      export const init = spacetimedb.init((ctx) => void ctx.db.cat.insert({ name: 'Tom' }));`;
    const dataDir = temporaryFolder();
    await (await EmbeddedServer.start({ module: typescriptProject(source('string')), database: 'a', dataDir })).close();
    expect(await problemOf({ module: typescriptProject(source('u32')), dataDir })).toBe(
      `MigrationError: the rows cannot go over to the new module: cat.name was String and is U32; to run it without them delete ${join(dataDir, 'a', 'commits.log')}`,
    );
  });

  test('with files that are none of it says what to do with them', async () => {
    const dataDir = temporaryFolder();
    mkdirSync(join(dataDir, 'a'));
    writeFileSync(join(dataDir, 'a', 'server.json'), '{"key":');
    expect(await problemOf({ dataDir })).toMatch(
      /^StorageError: reading .*server\.json: .*; restore it, or delete it to/,
    );
    writeFileSync(join(dataDir, 'a', 'server.json'), '{"key":"x","owner":"y"}');
    expect(await problemOf({ dataDir })).toMatch(
      /^StorageError: reading .*server\.json: .*; restore it, or delete it to/,
    );
    mkdirSync(join(dataDir, 'b'));
    writeFileSync(join(dataDir, 'b', 'commits.log'), 'something else');
    expect(await problemOf({ dataDir, database: 'b' })).toMatch(
      / is not a log of commits; move it away to begin anew$/,
    );
  });
});
