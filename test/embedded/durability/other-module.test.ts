import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EmbeddedServer, MigrationError } from '../../../src/embedded/index.ts';
import { typescriptProject } from '../../support/typescript-project.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'spacetimedb-signals-data-'));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

const columns = 'id: t.u32().primaryKey().autoInc(), name: t.string()';
const withAge = `${columns}, age: t.u32().default(7)`;

/** A module whose table `cat` has these columns. */
function source(columnsOfCat: string): string {
  return `
    import { schema, t, table } from 'spacetimedb/server';
    const cat = table({ name: 'cat', public: true }, { ${columnsOfCat} });
    const spacetimedb = schema({ cat });
    export default spacetimedb;
    export const noop = spacetimedb.reducer({}, () => {});`;
}

async function start(module: string): Promise<EmbeddedServer> {
  return EmbeddedServer.start({ module, database: 'pets', dataDir });
}

test('a reload is kept: the rows as they are now, the definition, and what follows', async () => {
  const module = typescriptProject(source(columns));
  const server = await start(module);
  server.query("INSERT INTO cat (id, name) VALUES (0, 'Tom')");
  writeFileSync(join(module, 'src/index.ts'), source(withAge));
  expect((await server.reload()).changes).toEqual(['cat.age is new']);
  server.query("INSERT INTO cat (id, name, age) VALUES (0, 'Tim', 3)");
  const cats = [
    { id: 1, name: 'Tom', age: 7 },
    { id: 2, name: 'Tim', age: 3 },
  ];
  await server.restart();
  expect(server.query('SELECT * FROM cat')).toEqual(cats);
  await server.close();
  const next = await start(module);
  expect(next.query('SELECT * FROM cat')).toEqual(cats);
  await next.close();
});

test('a server started with a newer module has the rows of the older one; with one that they do not fit it does not start', async () => {
  const module = typescriptProject(source(columns));
  const first = await start(module);
  first.query("INSERT INTO cat (id, name) VALUES (0, 'Tom')");
  await first.close();
  const newer = typescriptProject(source(withAge));
  const second = await start(newer);
  expect(second.query('SELECT * FROM cat')).toEqual([{ id: 1, name: 'Tom', age: 7 }]);
  await second.close();
  await expect(start(typescriptProject(source('id: t.u32().primaryKey()')))).rejects.toThrow(MigrationError);
  const third = await start(newer);
  expect(third.query('SELECT * FROM cat')).toEqual([{ id: 1, name: 'Tom', age: 7 }]);
  await third.reset(typescriptProject(source('id: t.u32().primaryKey()')));
  third.query('INSERT INTO cat (id) VALUES (5)');
  await third.restart();
  expect(third.query('SELECT * FROM cat')).toEqual([{ id: 5 }]);
  await third.close();
});
