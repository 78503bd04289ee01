import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { EmbeddedServer, ManualClock } from '../../src/embedded/index.ts';
import { referenceWasm } from '../support/golden/reference-schema.ts';
import { typescriptProject } from '../support/typescript-project.ts';
import { summary, WireClient } from '../support/wire-client.ts';

const source = `import { SenderError, schema, t, table } from 'spacetimedb/server';
import { ScheduleAt } from 'spacetimedb';
const item = table({ name: 'item', public: true }, { id: t.u32().primaryKey() });
const timer = table(
  { name: 'timer', scheduled: () => run },
  { scheduledId: t.u64().primaryKey().autoInc(), scheduledAt: t.scheduleAt() },
);
const spacetimedb = schema({ item, timer });
export default spacetimedb;
export const run = spacetimedb.reducer({ arg: timer.rowType }, () => {
  throw new Error('too late');
});
export const plan = spacetimedb.reducer((ctx) => {
  ctx.db.timer.insert({ scheduledId: 0n, scheduledAt: ScheduleAt.interval(1_000_000n) });
});
export const put = spacetimedb.reducer((ctx) => {
  ctx.db.item.insert({ id: 1 });
});
export const fail = spacetimedb.reducer(() => {
  throw new Error('no luck');
});
export const lose = spacetimedb.procedure(t.unit(), () => {
  throw new Error('lost');
});
export const few = spacetimedb.anonymousView({ name: 'few', public: true }, t.array(item.rowType), (ctx) => {
  if (ctx.db.item.count() > 0n) throw new Error('too many');
  return [];
});
export const refuse = spacetimedb.clientConnected((ctx) => {
  if (ctx.senderAuth.jwt?.subject === 'eve') throw new SenderError('members only');
});
`;

/** What a call throws. */
function thrownBy(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error('it did not throw');
}

/** Without the calls in packages, and what the lines are marked with. */
const own = (text: string): readonly string[] =>
  text
    .split('\n')
    .filter((line) => !line.includes('node_modules'))
    .map((line) => line.replace(/^spacetimedb-signals: /, '').replace(/^\s+at /, 'at '));

let server: EmbeddedServer;
const clock = new ManualClock();
const said: string[] = [];
beforeEach(async () => {
  said.length = 0;
  vi.spyOn(console, 'error').mockImplementation((line: unknown) => void said.push(...own(String(line))));
  server = await EmbeddedServer.start({ module: typescriptProject(source), database: 'a', clock });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await server.close();
});

describe('a function that dies', () => {
  test('is told to who calls it in the same process, with where it died', async () => {
    expect(own(thrownBy(() => server.call('fail')))).toEqual([
      'reducer fail died: Uncaught Error: no luck',
      expect.stringMatching(/^at .*src\/index\.ts:20:9\)?$/),
    ]);
    await expect(server.callProcedure('lose')).rejects.toThrow(
      /^procedure lose died: Uncaught Error: lost\n {4}at .*src\/index\.ts:23:9/,
    );
  });

  test('as a view does, is named by what asks for it, and by what would change it', async () => {
    server.call('put');
    expect(() => server.query('SELECT * FROM few')).toThrow('the view few failed: Uncaught Error: too many');
    expect(said).toEqual([
      'error: view few died: Uncaught Error: too many',
      expect.stringMatching(/^at .*src\/index\.ts:26:/),
    ]);
    server.query('DELETE FROM item');
    const client = await WireClient.inMemory(server);
    client.send({ tag: 'Subscribe', requestId: 1, querySetId: 1, queries: ['SELECT * FROM few'] });
    await client.settle();
    expect(own(thrownBy(() => server.call('put')))).toEqual([
      'reducer put was rolled back: the view few failed: Uncaught Error: too many',
      expect.stringMatching(/^at .*src\/index\.ts:26:/),
    ]);
    client.leave();
  });
});

describe('without the option log, standard error hears', () => {
  test('what nobody waits for: a schedule that fails, a client that is refused', async () => {
    server.call('plan');
    clock.advance(1000);
    expect(said).toEqual([
      'error: reducer run died: Uncaught Error: too late',
      expect.stringMatching(/^at .*src\/index\.ts:11:9\)?/),
    ]);
    said.length = 0;
    const eve = await WireClient.inMemory(server, { token: server.issueToken('eve') });
    await eve.settle();
    expect(eve.closed).toMatchObject({ code: 1006 });
    expect(said).toEqual(['error: reducer refuse failed: members only']);
  });

  test('what a client is told as a fatal error only', async () => {
    const client = await WireClient.inMemory(server);
    client.send({ tag: 'CallReducer', requestId: 1, reducer: 'fail', args: new Uint8Array() });
    await client.settle();
    expect(client.messages.map(summary).at(-1)).toBe('ReducerResult InternalError');
    expect(said[0]).toBe('error: reducer fail died: Uncaught Error: no luck');
    client.leave();
  });

  test('nothing that the module only notes, and nothing at all where there is the option', async () => {
    const records: string[] = [];
    const log = ({ message }: { readonly message: string }): void => void records.push(message);
    await using other = await EmbeddedServer.start({ module: referenceWasm, database: 'b', log });
    expect(() => other.call('panic_with', ['no luck'])).toThrow(
      /^reducer panic_with died: unreachable; it panicked: no luck \(src\/lib\.rs:\d+\)$/,
    );
    await expect(other.callProcedure('panic_procedure')).rejects.toThrow(
      /^procedure panic_procedure died: unreachable; it panicked: a procedure that panics \(src\/lib\.rs:\d+\)$/,
    );
    expect(records[0]).toBe('no luck');
    expect(said).toEqual([]);
  });
});
