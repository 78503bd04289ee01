import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ReducerError } from '../../src/errors.ts';
import { type LiveServer, startLiveServer } from '../support/live-clients.ts';
import { referenceWasm } from '../support/golden/reference-schema.ts';
import { type SeededRandom, seededRandom } from '../support/random.ts';
import { referenceProject } from '../support/typescript-project.ts';
import { type BothClients, bothUpToDate, expectRowsOfServer, expectSameRows, soon } from './both-clients.ts';
import { asThePackageReads, goldenEveryTypeRows } from './every-type.ts';
import { connectOfficial, type OfficialClient, type OfficialOptions } from './official-client.ts';
import { sdk } from './official-sdk.ts';
import { rowText } from './plain-value.ts';
import { randomCall } from './random-call.ts';
import { changesOfOverlaps, failingCalls, overlappingQueries } from './scenarios.ts';
import { type SharedReducers } from './shared-types.ts';
import { logOfficial, logOurs } from './transaction-log.ts';

/** The tables and the view whose rows are the same for everybody. */
const shared = ['user', 'note', 'entity', 'message', 'score', 'setting', 'lobby'] as const;
const everything = [...shared, 'chat_event'].map((table) => `SELECT * FROM ${table}`);

/** The compression byte of gzip. */
const gzip = 2;

const aNote = { folder: 'inbox', title: 'a title', body: 'a body', tags: ['one', 'two'] };

describe.each([
  ['v3', 'Rust', referenceWasm],
  ['v2', 'Rust', referenceWasm],
  ['v3', 'TypeScript', referenceProject],
] as const)(
  'the package spacetimedb and our client, at one server of %s with a module in %s,',
  (protocol, language, module) => {
    let live: LiveServer;
    const connected: OfficialClient[] = [];

    beforeEach(async () => {
      sdk.setGlobalLogLevel('warn');
      vi.spyOn(console, 'log');
      live = await startLiveServer(protocol, module);
    });

    afterEach(async () => {
      for (const official of connected.splice(0)) await official.close();
      await live[Symbol.asyncDispose]();
      // On the console the package says what it finds wrong with what it receives.
      const complaints = [...live.errors, ...vi.mocked(console.log).mock.calls];
      vi.restoreAllMocks();
      expectNone(complaints);
    });

    async function connectTheirs(options?: OfficialOptions): Promise<OfficialClient> {
      const official = await connectOfficial(live.server, options);
      connected.push(official);
      return official;
    }

    /** Both clients, connected and subscribed to `queries`. */
    async function connectBoth(
      queries: readonly string[],
      compression: 'gzip' | 'none' = 'none',
    ): Promise<BothClients> {
      const ours = await live.connect(queries, { compression });
      const official = await connectTheirs({ compression });
      if (queries.length > 0) await official.subscribe(queries);
      await bothUpToDate({ ours, official });
      return { ours, official };
    }

    test('agree on the protocol and on who is there', async () => {
      const clients = await connectBoth(['SELECT * FROM user']);
      const { ours, official } = clients;
      expect(official.socket.offered()).toEqual(['v3.bsatn.spacetimedb', 'v2.bsatn.spacetimedb']);
      expect(official.socket.protocol()).toBe(`${protocol}.bsatn.spacetimedb`);
      const present = (): readonly string[] =>
        ours.user.rows.value.filter(({ online }) => online).map(({ identity }) => identity.toHexString());
      expect([...present()].sort()).toEqual(
        [official.identity.toHexString(), ours.identity.value?.toHexString() ?? ''].sort(),
      );
      expectSameRows(clients, ['user']);
      await official.close();
      await soon(() => expect(present()).toEqual([ours.identity.value?.toHexString()]));
    });

    test('are one person with one token, and see the same in the views of that person', async () => {
      const queries = ['SELECT * FROM me', 'SELECT * FROM my_inbox'];
      const { token, identity } = await connectTheirs();
      const official = await connectTheirs({ token });
      await official.subscribe(queries);
      const ours = await live.connect(queries, { token });
      expect(official.identity.toHexString()).toBe(identity.toHexString());
      expect(ours.identity.value?.toHexString()).toBe(identity.toHexString());
      // It has exchanged the token for one that may stand in a URL.
      expect([null, '', token]).not.toContain(official.socket.query().get('token'));
      await ours.reducers.createNote({ ...aNote, id: 1n });
      await official.connection.reducers.createNote({ ...aNote, id: 2n });
      await official.connection.reducers.createNote({ ...aNote, id: 3n, folder: 'elsewhere' });
      await ours.reducers.setName({ name: 'Zoë' });
      await bothUpToDate({ ours, official });
      expect(new Set(ours.myInbox.rows.value.map(({ id }) => id))).toEqual(new Set([1n, 2n]));
      expect(ours.me.value?.name).toBe('Zoë');
      expectSameRows({ ours, official }, ['me', 'myInbox']);
    });

    test('see each what the other changes', async () => {
      const clients = await connectBoth(['SELECT * FROM note', 'SELECT * FROM score']);
      const { ours, official } = clients;
      await official.connection.reducers.createNote({ ...aNote, id: 7n });
      await ours.reducers.addScore({ player: 'Ann', points: -7n });
      await bothUpToDate(clients);
      expect(ours.note.find(7n)).toMatchObject(aNote);
      expect(official.rows('score')).toEqual([{ player: 'Ann', points: -7n }]);
      await ours.reducers.overwriteNote({ id: 7n, body: 'another body' });
      await official.connection.reducers.removeScore({ player: 'Ann', points: -7n });
      await bothUpToDate(clients);
      expect(official.rows('note')).toEqual([expect.objectContaining({ ...aNote, body: 'another body' })]);
      expect(ours.score.rows.value).toEqual([]);
      await expectRowsOfServer(clients, ['note', 'score']);
    });

    test('are answered in order, also what the package sends as the first thing of all', async () => {
      const ours = await live.connect(['SELECT * FROM score']);
      const answers: string[] = [];
      const calls: Promise<unknown>[] = [];
      const official = await connectTheirs({
        atOnce: (connection) => {
          const builder = connection.subscriptionBuilder().onApplied(() => answers.push('applied'));
          builder.subscribe(['SELECT * FROM score']);
          calls.push(connection.reducers.addScore({ player: 'early', points: 1n }).then(() => answers.push('added')));
          calls.push(
            failureOf(connection.reducers.failWith({ message: 'failed' })).then((it) => answers.push(it.message)),
          );
        },
      });
      await Promise.all(calls);
      expect(answers).toEqual(['applied', 'added', 'failed']);
      await bothUpToDate({ ours, official });
      expect(official.rows('score')).toEqual([{ player: 'early', points: 1n }]);
      expectSameRows({ ours, official }, ['score']);
    });

    test.each([1, 2, 3])('hear of the same transactions while both call at random (seed %s)', async (seed) => {
      const random = seededRandom(seed);
      const clients = await connectBoth(everything);
      const logs = logBoth(clients);
      const seen = new Set<string>();
      for (let round = 0; round < 6; round++) {
        const outcomes = await Promise.allSettled([
          ...burst(clients.official.connection.reducers, random),
          ...burst(clients.ours.reducers, random),
        ]);
        expect(outcomes.filter(isUnexpected)).toEqual([]);
        for (const { status } of outcomes) seen.add(status);
        await bothUpToDate(clients);
        expectSameRows(clients, shared);
        expect(logs.official.heard()).toEqual(logs.ours.heard());
      }
      for (const { caller } of logs.ours.heard()) seen.add(caller);
      expect([...seen].sort()).toEqual(['fulfilled', 'official', 'ours', 'rejected']);
      await expectRowsOfServer(clients, shared);
      expect(clients.official.connection.db.chatEvent.count()).toBe(0n);
    });

    test('hear of the same transactions with gzip, while one calls after the other', async () => {
      const random = seededRandom(4);
      const clients = await connectBoth(everything, 'gzip');
      const logs = logBoth(clients);
      for (let step = 0; step < 50; step++) {
        const { reducers } = random.chance(0.5) ? clients.ours : clients.official.connection;
        const outcomes = await Promise.allSettled([randomCall(reducers, random)]);
        expect(outcomes.filter(isUnexpected)).toEqual([]);
        // The package inflates frames side by side, so that a small one overtakes a large one: there must never be two.
        await soon(() => expect(logs.official.heard()).toEqual(logs.ours.heard()));
      }
      expect(clients.official.socket.compressionTags).toContain(gzip);
      await expectRowsOfServer(clients, shared);
    });

    test('hold the same rows after large compressed messages', async () => {
      live.server.call('spawn', [1, 600]);
      const clients = await connectBoth(['SELECT * FROM entity'], 'gzip');
      const { ours, official } = clients;
      await ours.reducers.moveMany({ firstId: 100, count: 400, step: 0.5 });
      await soon(() => expectSameRows(clients, ['entity']));
      await official.connection.reducers.moveMany({ firstId: 300, count: 400, step: 0.25 });
      await soon(() => expectSameRows(clients, ['entity']));
      expect(official.socket.compressionTags.filter((tag) => tag === gzip)).toHaveLength(3);
      expect(ours.entity.find(300)?.position).toEqual({ x: 300.75, y: 0, z: 0 });
      await expectRowsOfServer(clients, ['entity']);
    });

    test('are told the same when a reducer fails', async () => {
      const clients = await connectBoth(everything);
      const { ours, official } = clients;
      await ours.reducers.createNote({ ...aNote, id: 1n });
      await ours.reducers.putSetting({ key: 'one', slot: 2, value: '' });
      await bothUpToDate(clients);
      const logs = logBoth(clients);
      for (const [status, message, call] of failingCalls) {
        const failures = [await failureOf(call(official.connection.reducers)), await failureOf(call(ours.reducers))];
        expect(failures).toEqual([
          { status, message },
          { status, message },
        ]);
      }
      await bothUpToDate(clients);
      expect([...logs.official.heard(), ...logs.ours.heard()]).toEqual([]);
      await expectRowsOfServer(clients, shared);
    });

    test('get the same from procedures, and see what they did', async () => {
      const clients = await connectBoth(['SELECT * FROM score']);
      for (const { procedures } of [clients.ours, clients.official.connection]) {
        await expect(procedures.add({ left: 2n ** 63n - 1n, right: -1n })).resolves.toBe(2n ** 63n - 2n);
        await expect(procedures.divide({ left: 7n, right: 2n })).resolves.toEqual({ ok: 3n });
        // The library of modules in TypeScript writes the error of a result as if it were the value.
        if (language === 'Rust')
          await expect(procedures.divide({ left: 7n, right: 0n })).resolves.toEqual({ err: 'division by zero' });
        await expect(procedures.slowSay({ room: 4, text: 'hm' })).resolves.toEqual({ tag: 'Active', value: 4n });
      }
      await bothUpToDate(clients);
      await expectRowsOfServer(clients, ['score']);
      expect(clients.official.rows('score')).toHaveLength(2);
    });

    test('hold the same rows of overlapping query sets, which come and go', async () => {
      const clients = await connectBoth([]);
      const { ours, official } = clients;
      live.server.call('spawn', [1, 20]);
      for (const room of [0, 3, 3, 15]) await ours.reducers.say({ room, text: `room ${room}` });
      const sets = [];
      for (const queries of overlappingQueries(official.identity)) {
        const sql: string[] = [];
        const theirs = await official.subscribe((tables) => {
          const built = queries(tables);
          sql.push(...built.map((query) => query.toSql()));
          return built;
        });
        const handle = ours.subscriptions.subscribe(sql);
        await handle.applied;
        sets.push({ theirs, handle });
        expectSameRows(clients, shared);
      }
      expect(official.rows('entity')).toHaveLength(11);
      for (const change of changesOfOverlaps) {
        await change(official.connection.reducers, ours.reducers);
        await bothUpToDate(clients);
        expectSameRows(clients, shared);
      }
      // The rows that came of all these changes are those that the server finds when it looks anew.
      const late = await live.connect(sets.flatMap(({ handle }) => handle.queries));
      await Promise.all([bothUpToDate(clients), bothUpToDate({ ours: late, official })]);
      expectSameRows({ ours: late, official }, shared);
      for (const { theirs, handle } of sets) {
        await Promise.all([official.unsubscribe(theirs), handle.unsubscribe()]);
        expect([theirs.isActive(), theirs.isEnded(), handle.isActive]).toEqual([false, true, false]);
        expectSameRows(clients, shared);
      }
      expect(shared.flatMap((table) => official.rows(table))).toEqual([]);
    });

    test('are told the same about a query that the server refuses', async () => {
      const { ours, official } = await connectBoth([]);
      for (const query of [
        'SELECT * FROM nope',
        'SELECT * FROM entity WHERE nope = 1',
        'no SQL',
        'SELECT * FROM secret',
      ]) {
        const [theirs, our] = await Promise.allSettled([
          official.subscribe([query]),
          ours.subscriptions.subscribe(query).applied,
        ]);
        expect(messageOf(theirs)).toMatch(/./);
        expect(messageOf(theirs)).toBe(messageOf(our));
      }
      await official.subscribe(['SELECT * FROM setting']);
      expect(official.rows('setting')).toHaveLength(1);
    });

    test('read the same rows of every type, whoever wrote them', async () => {
      const { ours, official } = await connectBoth(['SELECT * FROM every_type']);
      const rows = goldenEveryTypeRows();
      for (const { row } of rows) await ours.reducers.putEveryType({ row });
      await bothUpToDate({ ours, official });
      const read = [...ours.everyType.iter()].map((row) => rowText(asThePackageReads(row)));
      expect(read).toHaveLength(3);
      expect(official.rows('everyType').map(rowText).sort()).toEqual(read.sort());
    });
  },
);

function expectNone(complaints: readonly unknown[]): void {
  expect(complaints).toEqual([]);
}

/** Up to six calls, sent at once. */
function burst(reducers: SharedReducers, random: SeededRandom): readonly Promise<unknown>[] {
  return Array.from({ length: 1 + random.below(6) }, () => randomCall(reducers, random));
}

function logBoth({ ours, official }: BothClients): {
  readonly ours: ReturnType<typeof logOurs>;
  readonly official: ReturnType<typeof logOfficial>;
} {
  const tables = [...shared, 'chatEvent'] as const;
  return { ours: logOurs(ours, tables), official: logOfficial(official.connection, tables) };
}

/** Whether a call neither committed nor was answered with its failure. */
function isUnexpected(outcome: PromiseSettledResult<unknown>): boolean {
  if (outcome.status === 'fulfilled') return false;
  const expected = [ReducerError, sdk.SenderError, sdk.InternalError];
  return !expected.some((error) => outcome.reason instanceof error);
}

/** Why a call failed, in the words of our `ReducerError`. */
async function failureOf(call: Promise<unknown>): Promise<{ readonly status: string; readonly message: string }> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ReducerError) return { status: error.status, message: error.message };
    if (error instanceof sdk.SenderError) return { status: 'failed', message: error.message };
    if (error instanceof sdk.InternalError) return { status: 'internalError', message: error.message };
    throw error;
  }
  throw new Error('the call did not fail');
}

function messageOf(outcome: PromiseSettledResult<unknown>): string | undefined {
  return outcome.status === 'rejected' && outcome.reason instanceof Error ? outcome.reason.message : undefined;
}
