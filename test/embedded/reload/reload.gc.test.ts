import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { queryObjects } from 'node:v8';
import { expect, onTestFinished, test } from 'vitest';
import { Database } from '../../../src/embedded/database.ts';
import { EmbeddedServer } from '../../../src/embedded/index.ts';
import { typescriptProject } from '../../support/typescript-project.ts';
import { summary, WireClient } from '../../support/wire-client.ts';

/** Reloads that are measured; `npm run soak` does 200. */
const reloads = Number(process.env['RELOADS'] ?? 20);

/** What the first ones leave behind is kept for good: compiled code, caches of a bounded size. */
const warmUps = 10;

const megabyte = 1024 * 1024;

/** The present one, and the one before for as long as something on the stack remembers it. */
const databasesInUse = 2;

/**
 * What is left when all that can be collected has been: databases, and bytes of heap. Counting objects collects more thoroughly than `gc` does, old code
 * too. A realm may take some collections, with turns of the event loop between them; what is held stays however often one looks.
 */
async function whatIsLeft(): Promise<{ readonly databases: number; readonly bytes: number }> {
  let databases = Infinity;
  for (let round = 0; databases > databasesInUse && round < 20; round++) {
    await new Promise((resolve) => setTimeout(resolve, 10 * round));
    databases = queryObjects(Database, { format: 'count' });
  }
  return { databases, bytes: process.memoryUsage().heapUsed };
}

test(
  `${reloads} reloads leave nothing behind, and a client that stays connected sees every change`,
  { timeout: 600_000 },
  async () => {
    const module = typescriptProject(sourceOf(0));
    const server = await EmbeddedServer.start({ module, database: 'pets' });
    onTestFinished(async () => server.close());
    const client = await WireClient.overWebSocket(server);
    await client.exchange({ tag: 'Subscribe', requestId: 1, querySetId: 1, queries: ['SELECT * FROM newest'] });

    const turn = async (number: number): Promise<void> => {
      writeFileSync(join(module, 'src/index.ts'), sourceOf(number));
      expect(await server.reload()).toEqual({ changes: [] });
      server.call(`add_${number}`);
      server.call('forget_all_but', [number]);
      const told = (await client.exchange()).map(summary);
      const isFirst = number === 1;
      expect(told).toEqual(
        isFirst
          ? ['TransactionUpdate 1 newest +1 -0']
          : ['TransactionUpdate 1 newest +0 -1', 'TransactionUpdate 1 newest +1 -0'],
      );
    };
    for (let number = 1; number <= warmUps; number++) await turn(number);
    const before = await whatIsLeft();
    for (let number = warmUps + 1; number <= warmUps + reloads; number++) await turn(number);
    const after = await whatIsLeft();
    const [from, to] = [before, after].map(({ bytes }) => (bytes / megabyte).toFixed(1));
    console.info(`the heap after ${reloads} reloads: ${from} MB, then ${to} MB`);
    expect(after.databases).toBeLessThanOrEqual(databasesInUse);
    // A module with its realm takes several megabytes; what stays is code that was compiled meanwhile.
    expect(after.bytes - before.bytes).toBeLessThan(8 * megabyte);
    expect(server.query('SELECT * FROM cat')).toEqual([{ id: warmUps + reloads, name: `cat ${warmUps + reloads}` }]);
    client.leave();
  },
);

/** A module whose reducers and view know a number. */
function sourceOf(number: number): string {
  return `
    import { schema, t, table } from 'spacetimedb/server';
    const cat = table({ name: 'cat', public: true }, { id: t.u32().primaryKey().autoInc(), name: t.string() });
    const spacetimedb = schema({ cat });
    export default spacetimedb;
    export const add${number} = spacetimedb.reducer((ctx) => void ctx.db.cat.insert({ id: 0, name: 'cat ${number}' }));
    export const forgetAllBut = spacetimedb.reducer({ id: t.u32() }, (ctx, { id }) => {
      for (const row of [...ctx.db.cat]) if (row.id !== id) ctx.db.cat.id.delete(row.id);
    });
    export const newest = spacetimedb.anonymousView({ name: 'newest', public: true }, t.array(cat.rowType), (ctx) =>
      [...ctx.db.cat].filter(({ name }) => name === 'cat ${number}'));`;
}
