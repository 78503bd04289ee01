import { expect, onTestFinished, test } from 'vitest';
import { EmbeddedServer } from '../../../src/embedded/index.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { typescriptProject } from '../../support/typescript-project.ts';

const source = `
import { schema, t, table } from 'spacetimedb/server';
const ticket = table({ name: 'ticket' }, { id: t.u32().primaryKey().autoInc() });
const shout = table({ name: 'shout', public: true, event: true }, { id: t.u32().primaryKey().autoInc() });
const given = table({ name: 'given' }, { source: t.string(), id: t.u32() });
const spacetimedb = schema({ ticket, shout, given });
export default spacetimedb;
/** Takes a number by a row that is gone when the transaction ends. */
export const take = spacetimedb.reducer((ctx) => {
  const { id } = ctx.db.ticket.insert({ id: 0 });
  ctx.db.ticket.id.delete(id);
  ctx.db.given.insert({ source: 'ticket', id });
});
export const call = spacetimedb.reducer((ctx) => {
  ctx.db.given.insert({ source: 'shout', id: ctx.db.shout.insert({ id: 0 }).id });
});
export const ask = spacetimedb.reducer((ctx) => {
  const { id } = ctx.db.ticket.insert({ id: 0 });
  ctx.db.ticket.id.delete(id);
  if (id > 1) ctx.db.given.insert({ source: 'ticket', id });
});
`;

const given = (server: EmbeddedServer): readonly string[] =>
  server.query('SELECT * FROM given').map((row) => `${String(row['source'])} ${String(row['id'])}`);

test.each(['a restart', 'a new start', 'a log that is written anew'])(
  'no number is given twice, whatever became of its row, after %s',
  async (how) => {
    const module = typescriptProject(source);
    const dataDir = temporaryFolder();
    const options = { module, database: 'a', ...(how !== 'a restart' && { dataDir }) };
    let server = await EmbeddedServer.start(options);
    onTestFinished(async () => server.close());
    const again = async (): Promise<void> => {
      if (how === 'a restart') {
        await server.restart();
        return;
      }
      await server.close();
      server = await EmbeddedServer.start(options);
      // Another definition of the same tables has the log written anew.
      if (how !== 'a new start')
        await server.reload(typescriptProject(source.replace("'given' }", "'given', public: true }")));
    };
    for (const reducer of ['take', 'call']) server.call(reducer);
    await again();
    for (const reducer of ['take', 'call']) server.call(reducer);
    await again();
    server.call('take');
    expect(given(server)).toEqual(['ticket 1', 'shout 1', 'ticket 2', 'shout 2', 'ticket 3']);
  },
);

test('a number that was given and whose transaction changed nothing else is given once, too', async () => {
  const options = { module: typescriptProject(source), database: 'a', dataDir: temporaryFolder() };
  const first = await EmbeddedServer.start(options);
  first.call('ask');
  await first.close();
  const second = await EmbeddedServer.start(options);
  onTestFinished(async () => second.close());
  second.call('ask');
  expect(given(second)).toEqual(['ticket 2']);
});
