import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { EmbeddedServer } from '../../../src/embedded/embedded-server.ts';
import { ModuleLoadError } from '../../../src/embedded/module-load-error.ts';
import { typescriptProject } from '../../support/typescript-project.ts';

const prologue = `import { schema, t, table } from 'spacetimedb/server';
const spacetimedb = schema({ item: table({ name: 'item' }, { id: t.u32().primaryKey() }) });
export default spacetimedb;
`;

/** What a module is refused with. */
async function failureOf(starting: Promise<unknown>): Promise<ModuleLoadError> {
  const error: unknown = await starting.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ModuleLoadError) return error;
  throw new Error('the module was not refused', { cause: error });
}

test.each([
  ['does not parse', 'export default (', /: src\/index\.ts:1:17: Unexpected end of file$/],
  ['has several faults', 'const a = ;\nconst b = ;', /: src\/index\.ts:1:11: Unexpected ";"/],
  ['imports what is not there', `import 'not-there';`, /: src\/index\.ts:1:8: Could not resolve "not-there"$/],
  [
    'imports a part that the library does not have',
    `import 'spacetimedb/sever';`,
    /: src\/index\.ts:1:8: Could not resolve "spacetimedb\/sever"; the package spacetimedb has no \.\/sever: modules import from spacetimedb\/server$/,
  ],
  ['imports a package with a similar name', `import 'spacetimedb-x';`, /: Could not resolve "spacetimedb-x"$/],
  [
    'imports from Node',
    `import 'node:fs';`,
    /: src\/index\.ts:1:8: Could not resolve "node:fs"; a module runs in the database, without the modules of Node$/,
  ],
  ['has no schema', 'export const a = 1;', /: it has no schema as its default export; write: export default schema$/],
  [
    'has a schema of something else',
    `import { schema } from 'spacetimedb';\nexport default schema({});`,
    /: its default export is no schema of a module; write: import \{ schema \} from 'spacetimedb\/server'/,
  ],
  ['waits', `${prologue}await 1;`, /: src\/index\.ts:4:1: Top-level await .*; a module cannot wait for anything$/],
  [
    'has two reducers for the same moment',
    `${prologue}export const a = spacetimedb.init(() => {});\nexport const b = spacetimedb.init(() => {});`,
    /: it has 2 reducers for init \(a, b\): servers take one$/,
  ],
  [
    'throws when it is loaded',
    `const go = () => {\n  throw new TypeError('no luck');\n};\ngo();`,
    /: src\/index\.ts:2:9: TypeError: no luck$/,
  ],
  [
    'exports what is not of SpacetimeDB',
    `${prologue}export const stray = 1;\nexport const help = () => stray;\nexport const go = spacetimedb.reducer(() => {});`,
    /: it exports help, stray, which SpacetimeDB does not know; a module exports its schema/,
  ],
  [
    'has a newer library',
    `import { x } from 'spacetime:sys@2.9'; x();`,
    /:1:19: it needs spacetime:sys@2\.9; this server has/,
  ],
  [
    'has an older library',
    `import { register_hooks } from 'spacetime:sys@1.3'; register_hooks({});`,
    /it needs spacetime:sys@1\.3/,
  ],
  [
    'calls the database when it is loaded',
    `${prologue}import { table_id_from_name as f } from 'spacetime:sys@2.0';\nf('item');`,
    /index\.ts:5:1: Error: no function of the module is running: rows are there only while/,
  ],
  [
    'fails in init',
    `${prologue}export const init = spacetimedb.init(() => { throw new Error('not today'); });`,
    /: its reducer init died: Uncaught Error: not today$/,
  ],
])('a module that %s is refused with a first line that names the place', async (_, source, problem) => {
  const module = typescriptProject(source);
  const error = await failureOf(EmbeddedServer.start({ module, database: 'a' }));
  const [line, ...calls] = error.message.split('\n');
  expect(line).toMatch(problem);
  expect(line).toBe(`cannot load the module: ${error.problem}`);
  expect(calls).toEqual(error.trace.map((call) => `    at ${call}`));
});

test('a module whose init dies tells where, what led to it, and what it wrote to its log', async () => {
  const source = `${prologue}export const seed = spacetimedb.init((ctx) => {
  console.log('seeding', 2);
  plant(ctx);
});
function plant(ctx) {
  ctx.db.nothing.insert({ id: 1 });
}`;
  const error = await failureOf(EmbeddedServer.start({ module: typescriptProject(source), database: 'a' }));
  expect(error.message.split('\n')).toEqual([
    `cannot load the module: its init reducer seed died: Uncaught TypeError: Cannot read properties of undefined (reading 'insert')`,
    '    at plant (src/index.ts:9:18)',
    expect.stringMatching(/^ {4}at .*src\/index\.ts:6:3\)?$/),
    '  It wrote to its log:',
    '    info: seeding 2 (src/index.ts:5)',
  ]);
  expect(error.log).toMatchObject([{ level: 'info', functionName: 'seed', message: 'seeding 2' }]);
  // Node prints the fields of an error below its stack: what the message has is not there once more.
  expect(inspect(error).match(/seeding 2/g)).toHaveLength(1);
});

test('a module that dies while it is loaded tells what it wrote to its log, the last lines of many', async () => {
  const source = `${prologue}for (let n = 0; n < 50; n++) console.warn('line', n);\nthrow new Error('no luck');`;
  const error = await failureOf(EmbeddedServer.start({ module: typescriptProject(source), database: 'a' }));
  expect(error.message).toMatch(
    /^cannot load the module: src\/index\.ts:5:7: Error: no luck\n {4}at src\/index\.ts:5:7\n/,
  );
  expect(error.log.map(({ message }) => message)).toEqual(Array.from({ length: 20 }, (_, n) => `line ${n + 30}`));
});

test('a project without the library is told to install it', async () => {
  const module = typescriptProject(prologue);
  rmSync(join(module, 'node_modules'));
  await expect(EmbeddedServer.start({ module, database: 'a' })).rejects.toThrow(
    'src/index.ts:1:34: Could not resolve "spacetimedb/server"; run: npm install spacetimedb',
  );
});

test('a module may be given by its folder, by its file, and as JavaScript', async () => {
  const module = typescriptProject(prologue);
  writeFileSync(join(module, 'module.mjs'), prologue);
  for (const path of [module, join(module, 'src/index.ts'), join(module, 'module.mjs')]) {
    await using server = await EmbeddedServer.start({ module: path, database: 'a' });
    expect(server.query('SELECT * FROM item')).toEqual([]);
  }
});
