import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/bsatn/index.ts';
import { type ReducerOutcome } from '../../src/embedded/commit.ts';
import { type Database } from '../../src/embedded/database.ts';
import { ann, bsatn, openTestDatabase, whileItSleeps, owner } from '../support/embedded-database.ts';

function rowsOf(database: Database, table: string): readonly string[] {
  return [...(database.table(table)?.rows() ?? [])].map((row) => toHex(row.bytes)).sort();
}

function messageOf(outcome: ReducerOutcome): string {
  return outcome.tag === 'committed' ? 'committed' : `${outcome.tag}: ${outcome.message}`;
}

describe('a database', () => {
  test('has run init when it opens', async () => {
    const { database } = await openTestDatabase();
    expect(database.table('setting')?.size).toBe(1);
    expect(database.table('secret')?.size).toBe(1);
    expect(database.table('nope')).toBeUndefined();
  });

  test('shows private tables to the owner only', async () => {
    const { database } = await openTestDatabase();
    const namesFor = (identity: typeof owner): readonly string[] =>
      database.relations(identity).map(({ name }) => name);
    expect(namesFor(ann.identity)).not.toContain('secret');
    expect(namesFor(ann.identity)).toEqual(expect.arrayContaining(['score', 'chat_event', 'lobby', 'me', 'my_inbox']));
    expect(namesFor(owner)).toEqual(expect.arrayContaining(['secret', 'tick_timer', 'score', 'me']));
  });

  test('tells SQL how the source calls columns, and what is a view', async () => {
    const { database } = await openTestDatabase();
    const schemas = new Map(database.relations(owner).map((schema) => [schema.name, schema]));
    expect(schemas.get('every_type')?.columns.slice(1, 3)).toEqual([
      { name: 'a_bool', type: { tag: 'Bool' } },
      { name: 'a_u_8', alias: 'a_u8', type: { tag: 'U8' } },
    ]);
    expect(schemas.get('note')?.indexes).toEqual([[0], [1, 2]]);
    expect(schemas.get('lobby')).toMatchObject({ isView: true, isPublic: true, isEvent: false });
    expect(schemas.get('chat_event')).toMatchObject({ isEvent: true });
  });

  test('runs client_connected and client_disconnected as the client', async () => {
    const { database, lastChanges, commits } = await openTestDatabase();
    database.connect(ann.identity, ann.connectionId);
    expect(lastChanges()).toBe('user +1 -0');
    const online = bsatn((writer) => {
      writer.u256(1n);
      writer.raw(Uint8Array.of(1, 1, 0));
      writer.i64(1_704_067_200_000_000n);
    });
    expect(rowsOf(database, 'user')).toEqual([toHex(online)]);
    database.disconnect(ann.identity, ann.connectionId);
    expect(lastChanges()).toBe('user +1 -1');
    expect(commits.map((commit) => commit.callerConnection)).toEqual([undefined, undefined]);
  });

  test('announces a commit before the call returns, with the connection that called', async () => {
    const { call, commits } = await openTestDatabase();
    const outcome = call('add_score', '["ann", 5]');
    const commit = commits[0];
    expect(outcome).toMatchObject({ tag: 'committed', commit, timestamp: 1_704_067_200_000_000n });
    expect(commit?.callerConnection).toBe(ann.connectionId);
    expect(commit?.functionName).toBe('add_score');
    const row = bsatn((writer) => {
      writer.string('ann');
      writer.i64(5n);
    });
    expect(commit?.deltas.get('score')?.inserted.map((stored) => stored.bytes)).toEqual([row]);
  });

  test('commits a reducer that changes nothing', async () => {
    const { call, lastChanges, commits } = await openTestDatabase();
    expect(call('noop').tag).toBe('committed');
    expect(call('add_score', '["ann", 5]').tag).toBe('committed');
    expect(call('add_score', '["ann", 5]').tag).toBe('committed');
    expect(lastChanges()).toBe('');
    expect(commits).toHaveLength(3);
  });

  test('keeps nothing of a reducer that returns an error', async () => {
    const { database, call, commits } = await openTestDatabase();
    const outcome = call('write_then_fail', '["ann"]');
    expect(outcome).toMatchObject({ tag: 'failed', message: 'rolled back' });
    expect(outcome.tag === 'failed' && toHex(outcome.error)).toBe('0b000000726f6c6c6564206261636b');
    expect(rowsOf(database, 'score')).toEqual([]);
    expect(commits).toEqual([]);
  });

  test('survives a panic, keeps nothing of it and writes it to the log', async () => {
    const { database, call, log, commits } = await openTestDatabase();
    expect(messageOf(call('panic_with', '["boom"]'))).toBe('internalError: The instance encountered a fatal error.');
    expect(commits).toEqual([]);
    expect(log.find((record) => record.level === 'panic')).toMatchObject({
      message: 'boom',
      functionName: 'panic_with',
    });
    expect(messageOf(call('put_setting', '["motd", 1, "Hello"]'))).toBe('committed');
    expect(rowsOf(database, 'setting')).toHaveLength(1);
  });

  test('a violated unique constraint is a panic that takes the whole reducer back', async () => {
    const { database, call } = await openTestDatabase();
    call('spawn', '[5, 1]');
    call('move_entity', '[5, {"x": 1, "y": 2, "z": 3}]');
    expect(messageOf(call('spawn', '[3, 4]'))).toBe('internalError: The instance encountered a fatal error.');
    expect(database.table('entity')?.size).toBe(1);
    expect(messageOf(call('spawn', '[6, 2]'))).toBe('committed');
  });

  test('inserting rows that are there already changes nothing', async () => {
    const { call, lastChanges } = await openTestDatabase();
    call('spawn', '[1, 3]');
    expect(messageOf(call('spawn', '[2, 3]'))).toBe('committed');
    expect(lastChanges()).toBe('entity +1 -0');
  });

  test('numbers rows from 1 on, and gives no number twice', async () => {
    const { database, call } = await openTestDatabase();
    for (const text of ['a', 'b', 'c']) call('say', `[1, "${text}"]`);
    const ids = [...(database.table('message')?.rows() ?? [])].map((row) => row.value(0));
    expect(ids).toEqual([1n, 2n, 3n]);
  });

  test('announces the rows of an event table once each and stores none', async () => {
    const { database, call, lastChanges } = await openTestDatabase();
    call('announce', '[7, ["one", "two", "two"]]');
    expect(lastChanges()).toBe('chat_event +2 -0');
    expect(database.table('chat_event')?.size).toBe(0);
    call('announce', '[7, ["one"]]');
    expect(lastChanges()).toBe('chat_event +1 -0');
  });

  test('gives a module more rows than its buffer holds, and rows larger than it', async () => {
    const { database, call, procedure, lastChanges } = await openTestDatabase();
    call('spawn', '[0, 5000]');
    call('start_ticking', '[1000, 1.0]');
    expect(call('move_many', '[0, 5000, 0.5]').tag).toBe('committed');
    expect(lastChanges()).toBe('entity +5000 -5000');
    expect(call('stop_ticking').tag).toBe('committed');
    const args = '[{"id": 1, "scheduled_at": {"Interval": [1]}, "step": 1.0}]';
    expect(database.callReducer({ name: 'tick', args, identity: owner, connectionId: undefined }).tag).toBe(
      'committed',
    );
    expect(lastChanges()).toBe('entity +5000 -5000');
    expect(call('create_note', `[1, "f", "t", "${'x'.repeat(300_000)}", []]`).tag).toBe('committed');
    expect(call('update_note', '[1, " u ", "short"]').tag).toBe('committed');
    expect(lastChanges()).toBe('note +1 -1');
    expect((await procedure('add', '[1, 1]')).tag).toBe('returned');
  });

  test('changes several tables in one commit', async () => {
    const { call, lastChanges } = await openTestDatabase();
    call('create_note', '[1, "f", "t", "b", []]');
    call('create_note', '[2, "f", "u", "b", ["x"]]');
    call('create_note', '[3, "g", "v", "b", []]');
    call('archive_folder', '["f"]');
    expect(lastChanges()).toBe('note +0 -2, score +1 -0, message +1 -0');
  });
});

describe('a reducer that cannot be called', () => {
  test.each([
    ['nope', '[]', 'no such reducer'],
    ['add', '[1, 2]', 'no such reducer'],
    ['tick', '[]', 'no such reducer'],
    ['init', '[]', "can't directly call special Init lifecycle reducer"],
    ['on_connect', '[]', "can't directly call special OnConnect lifecycle reducer"],
    ['on_disconnect', '[]', "can't directly call special OnDisconnect lifecycle reducer"],
  ])('%s', async (name, args, message) => {
    const { call, commits } = await openTestDatabase();
    expect(messageOf(call(name, args))).toBe(`internalError: ${message}`);
    expect(commits).toEqual([]);
  });

  test.each([
    [[1, 0], 'data too short for u32: Expected 4, given 2'],
    [[5, 0, 0, 0, 97], 'data too short for [u8]: Expected 5, given 1'],
    [[1, 0, 0, 0, 0xff], 'invalid utf8'],
    [[1, 0, 0, 0, 97, 1], 'data too short for i64: Expected 8, given 1'],
  ])('arguments %j', async (args, problem) => {
    const { database } = await openTestDatabase();
    const outcome = database.callReducer({ name: 'add_score', args: Uint8Array.from(args), ...ann });
    expect(messageOf(outcome)).toBe(`internalError: invalid arguments for reducer add_score: ${problem}`);
  });

  test('more bytes than the arguments need are no error', async () => {
    const { database } = await openTestDatabase();
    const args = Uint8Array.of(1, 0, 0, 0, 97, 9, 0, 0, 0, 0, 0, 0, 0, 99);
    expect(database.callReducer({ name: 'add_score', args, ...ann }).tag).toBe('committed');
  });

  test('the owner may call what is private', async () => {
    const { database, call } = await openTestDatabase();
    call('spawn', '[1, 1]');
    const args = '[{"id": 1, "scheduled_at": {"Interval": [1]}, "step": 2.5}]';
    expect(messageOf(database.callReducer({ name: 'tick', args, identity: owner, connectionId: undefined }))).toBe(
      'committed',
    );
    expect([...(database.table('entity')?.rows() ?? [])].map((row) => toHex(row.bytes).slice(10, 18))).toEqual([
      '00006040',
    ]);
  });

  test('an unknown one is in the log', async () => {
    const { call, log } = await openTestDatabase();
    call('nope');
    expect(log).toEqual([
      {
        level: 'error',
        timestamp: 1_704_067_200_000_000n,
        target: '__spacetimedb__',
        filename: '__spacetimedb__',
        lineNumber: undefined,
        functionName: 'nope',
        message:
          'External attempt to call nonexistent reducer "nope" failed. Have you run `spacetime generate` recently?',
      },
    ]);
  });
});

describe('procedures', () => {
  test('return bytes, also of an error', async () => {
    const { procedure } = await openTestDatabase();
    expect(await procedure('add', '[2, 40]')).toMatchObject({
      tag: 'returned',
      value: bsatn((writer) => writer.i64(42n)),
    });
    const error = bsatn((writer) => {
      writer.u8(1);
      writer.string('division by zero');
    });
    expect(await procedure('divide', '[7, 0]')).toMatchObject({ tag: 'returned', value: error });
  });

  test('commit transactions of their own, which come to the caller as to everybody', async () => {
    const test = await openTestDatabase();
    const { procedure, commits, clock } = test;
    const before = clock.nowMicros();
    const outcome = await whileItSleeps(test, 50, procedure('slow_say', '[3, "x"]'));
    expect(outcome).toMatchObject({ tag: 'returned', timestamp: before, durationMicros: 50_000n });
    expect(
      commits.map(({ timestamp, functionName, callerConnection }) => [timestamp, functionName, callerConnection]),
    ).toEqual([
      [before, 'slow_say', undefined],
      [before + 50_000n, 'slow_say', undefined],
    ]);
  });

  test('let scheduled reducers run while they sleep', async () => {
    const test = await openTestDatabase();
    const { procedure, call, commits } = test;
    call('spawn', '[1, 1]');
    call('tick_once', '[20, 1.0]');
    commits.length = 0;
    const active3 = Uint8Array.of(1, 3, 0, 0, 0, 0, 0, 0, 0);
    const outcome = await whileItSleeps(test, 50, procedure('slow_say', '[3, "x"]'));
    expect(outcome).toMatchObject({ tag: 'returned', value: active3 });
    expect(commits.map((commit) => commit.functionName)).toEqual(['slow_say', 'tick', undefined, 'slow_say']);
  });

  test('that panic give the text of the trap, and the next one runs', async () => {
    const { procedure, log } = await openTestDatabase();
    expect(await procedure('panic_procedure')).toMatchObject({
      tag: 'internalError',
      message: 'The module instance encountered a fatal error: unreachable',
    });
    expect(log.map((record) => record.message)).toContain('a procedure that panics');
    expect((await procedure('add', '[1, 1]')).tag).toBe('returned');
  });

  test('that are unknown or badly called are refused', async () => {
    const { procedure, database } = await openTestDatabase();
    expect(await procedure('nope')).toMatchObject({ tag: 'internalError', message: 'No such procedure' });
    expect(await procedure('say')).toMatchObject({ message: 'No such procedure' });
    expect(database.callProcedure({ name: 'add', args: Uint8Array.of(1), ...ann })).toMatchObject({
      message: 'invalid arguments for procedure add: data too short for i64: Expected 8, given 1',
    });
  });
});

describe('the order of calls', () => {
  test('a listener that calls the database fails, and the others still hear of the commit', async () => {
    const { database, call, commits } = await openTestDatabase();
    const stop = database.onCommit(() => void call('noop'));
    const heard: string[] = [];
    database.onCommit((commit) => heard.push(commit.functionName ?? ''));
    expect(() => call('add_score', '["ann", 1]')).toThrow('a listener of commits must not call the database');
    expect(heard).toEqual(['add_score']);
    expect(database.table('score')?.size).toBe(1);
    stop();
    expect(call('noop').tag).toBe('committed');
    expect(commits).toHaveLength(2);
  });

  test('a transaction of the server is committed or taken back as a whole', async () => {
    const { database, call, lastChanges, commits } = await openTestDatabase();
    call('add_score', '["ann", 1]');
    const [row] = database.table('score')?.rows() ?? [];
    const other = bsatn((writer) => {
      writer.string('bob');
      writer.i64(2n);
    });
    database.transact((writer) => {
      if (row !== undefined) writer.delete('score', row);
      writer.insert('score', other);
    });
    expect(lastChanges()).toBe('score +1 -1');
    expect(() =>
      database.transact((writer) => {
        writer.insert('score', Uint8Array.from(other).fill(0));
        throw new Error('on second thoughts');
      }),
    ).toThrow('on second thoughts');
    expect(rowsOf(database, 'score')).toEqual([toHex(other)]);
    expect(commits).toHaveLength(2);
  });
});
