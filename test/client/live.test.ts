import { effect } from '@preact/signals-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ConnectionError, ProcedureError, ReducerError, SubscriptionError } from '../../src/errors.ts';
import { firstWhere } from '../../src/helpers.ts';
import { type RowEvent } from '../../src/store/event-context.ts';
import { isSubscribed } from '../../src/store/table-handles.ts';
import { type Note, tables } from '../generated/reference/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { cuttableConnector } from '../support/cuttable-connector.ts';
import { eventually, type LiveServer, startLiveServer } from '../support/live-clients.ts';

let nextNote = 0n;

/** A note that no other test uses. */
function newNote(title = 'a title'): { id: bigint; folder: string; title: string; body: string; tags: string[] } {
  nextNote += 1n;
  return { id: nextNote, folder: 'inbox', title, body: 'a body', tags: [] };
}

describe.each(['v3', 'v2'] as const)('against a server that speaks %s', (protocol) => {
  let live: LiveServer;

  beforeAll(async () => {
    live = await startLiveServer(protocol);
  });

  afterEach(async () => {
    await live.disposeClients();
    expect(live.errors).toEqual([]);
  });

  afterAll(() => live[Symbol.asyncDispose]());

  test('the server and the client agree on the protocol', async () => {
    const client = await live.connect([]);
    expect(client.connection.negotiatedProtocol).toBe(protocol);
  });

  test('says what is watched of each table, and how a shared set stands', async () => {
    const client = await live.connect([]);
    const query = tables.message.where((row) => row.room.eq(3));
    const stops = [
      effect(() => void [client.note.row(1n).value, client.note.id.row(1n).value, client.note.rows.value]),
      effect(() => void [client.note.row(1n).value, client.note.count(), client.note.id.row(2n).value]),
    ];
    expect(client.inspect().watched).toMatchObject({ note: 4, message: 0, chat_event: 0 });
    for (const stop of stops) stop();
    expect(client.inspect().watched).toMatchObject({ note: 0 });
    const state = client.subscriptions.sharedState(query);
    expect([state.value, isSubscribed(client.message).value]).toEqual([undefined, false]);
    const { applied, release } = client.subscriptions.share(query);
    expect(state.value).toEqual({ status: 'pending' });
    await applied;
    expect([state.value, isSubscribed(client.message).value]).toEqual([{ status: 'applied' }, true]);
    release();
    expect([state.value, isSubscribed(client.message).value]).toEqual([undefined, true]);
  });

  test('the caller and another client see different contexts, and only the caller hears of the reducer', async () => {
    const caller = await live.connect(['SELECT * FROM note']);
    const other = await live.connect(['SELECT * FROM note']);
    const heard: string[] = [];
    caller.note.onInsert(({ context }) => heard.push(`caller ${context.event.kind} ${context.isMyTransaction}`));
    other.note.onInsert(({ context }) => heard.push(`other ${context.event.kind} ${context.isMyTransaction}`));
    caller.reducers.onCreateNote(({ event }, args) => heard.push(`caller's ${event.reducer} ${args.title}`));
    other.reducers.onCreateNote(() => heard.push('nobody tells the other one'));
    const note = newNote();
    await caller.reducers.createNote(note);
    await firstWhere(other.note.row(note.id), (row) => row !== undefined);
    expect(heard.sort()).toEqual([
      'caller reducer true',
      "caller's create_note a title",
      'other unknownTransaction false',
    ]);
  });

  test('the event of an own call tells its arguments, outcome and caller', async () => {
    const client = await live.connect(['SELECT * FROM note']);
    const note = newNote('told');
    const done = new Promise<void>((resolve) => {
      client.note.onInsert(({ context }) => {
        expect(context.event).toMatchObject({
          kind: 'reducer',
          reducer: 'create_note',
          args: note,
          status: { tag: 'committed' },
          callerIdentity: client.identity.peek(),
        });
        resolve();
      });
    });
    await client.reducers.createNote(note);
    await done;
  });

  test('the time of a result lies between the clock before and after', async () => {
    const client = await live.connect([]);
    const before = Date.now();
    const { timestamp, isCommitted, retValue, settled } = await client.reducers.noop();
    const after = Date.now();
    expect(timestamp?.toMillis()).toBeGreaterThanOrEqual(before);
    expect(timestamp?.toMillis()).toBeLessThan(after + 1);
    expect(isCommitted).toBe(true);
    expect(retValue).toBeUndefined();
    await expect(settled).resolves.toMatchObject({ status: 'committed' });
  });

  test.each([false, true])(
    'the rows of a set leave with its end, whether they are sent once more (%s) or not',
    async (sendDroppedRows) => {
      const client = await live.connect(['SELECT * FROM setting']);
      const overlap = client.subscriptions.subscribe("SELECT * FROM setting WHERE key = 'motd'");
      const notes = client.subscriptions.subscribe('SELECT * FROM user');
      await Promise.all([overlap.applied, notes.applied]);
      const gone: string[] = [];
      client.user.onDelete(({ row, context }) => gone.push(`${row.identity.toHexString()} ${context.event.kind}`));
      client.setting.onDelete(({ row }) => gone.push(row.key));
      const users = client.user.rows.value.map((row) => `${row.identity.toHexString()} unsubscribeApplied`);
      expect(users.length).toBeGreaterThan(0);
      await Promise.all([overlap.unsubscribe({ sendDroppedRows }), notes.unsubscribe({ sendDroppedRows })]);
      expect(gone.sort()).toEqual(users.sort());
      expect(client.user.count()).toBe(0);
      expect(client.setting.find('motd')?.value).toBe('Welcome');
      expect(notes.isActive).toBe(false);
    },
  );

  test('asking for one set anew leaves the rows of others alone, also without a primary key', async () => {
    const client = await live.connect(['SELECT * FROM score', 'SELECT * FROM setting']);
    await client.reducers.addScore({ player: `again ${protocol}`, points: 1n });
    const other = client.subscriptions.subscribe(['SELECT * FROM score WHERE points = 1', 'SELECT * FROM setting']);
    await other.applied;
    const rows = [...client.score.rows.value, ...client.setting.rows.value];
    const events: string[] = [];
    for (const table of [client.score, client.setting]) {
      table.onInsert(() => events.push('insert'));
      table.onDelete(() => events.push('delete'));
    }
    await client.subscriptions.resync(other.querySetId);
    expect(events).toEqual([]);
    expect([...client.score.rows.value, ...client.setting.rows.value].every((row, index) => row === rows[index])).toBe(
      true,
    );
    await other.unsubscribe();
    expect(client.score.rows.value).toHaveLength(rows.length - client.setting.count());
  });

  test('a transaction over three tables is one step', async () => {
    const client = await live.connect(['SELECT * FROM note', 'SELECT * FROM score', 'SELECT * FROM message']);
    const folder = `folder ${protocol}`;
    await client.reducers.createNote({ ...newNote(), folder });
    await client.reducers.createNote({ ...newNote(), folder });
    const seen: string[] = [];
    const look = (): string => {
      const notes = client.note.rows.value.filter((note) => note.folder === folder).length;
      const scores = client.score.rows.value.filter((score) => score.player === folder).length;
      const messages = client.message.rows.value.filter((message) => message.text.includes(folder)).length;
      return `${notes} notes, ${scores} scores, ${messages} messages`;
    };
    const dispose = effect(() => void seen.push(look()));
    client.score.onInsert(() => seen.push(`in a listener: ${look()}`));
    await client.reducers.archiveFolder({ folder });
    dispose();
    expect(seen).toEqual([
      '2 notes, 0 scores, 0 messages',
      'in a listener: 0 notes, 1 scores, 1 messages',
      '0 notes, 1 scores, 1 messages',
    ]);
  });

  test('a reducer that fails rejects with its message and changes nothing', async () => {
    const client = await live.connect(['SELECT * FROM score']);
    const rows = client.score.rows.value;
    const outcomes: string[] = [];
    client.reducers.onWriteThenFail(({ event }) => outcomes.push(event.status.tag));
    const failure = client.reducers.writeThenFail({ player: 'nobody' });
    await expect(failure).rejects.toBeInstanceOf(ReducerError);
    await expect(failure).rejects.toMatchObject({
      reducer: 'write_then_fail',
      status: 'failed',
      message: 'rolled back',
    });
    expect(outcomes).toEqual(['failed']);
    expect(client.score.rows.value).toBe(rows);
    await expect(client.reducers.panicWith({ message: 'boom' })).rejects.toMatchObject({
      status: 'internalError',
      message: 'The instance encountered a fatal error.',
    });
  });

  test('procedures return, fail, and their transactions are not mine', async () => {
    const client = await live.connect(['SELECT * FROM score']);
    await expect(client.procedures.add({ left: 40n, right: 2n })).resolves.toBe(42n);
    await expect(client.procedures.divide({ left: 1n, right: 0n })).resolves.toEqual({ err: 'division by zero' });
    const contexts: string[] = [];
    client.score.onInsert(({ context }) => contexts.push(`${context.event.kind} ${context.isMyTransaction}`));
    const status = await client.procedures.slowSay({ room: 9, text: protocol });
    expect(status).toEqual({ tag: 'Active', value: 9n });
    expect(contexts).toEqual(['unknownTransaction false', 'unknownTransaction false']);
    await expect(client.procedures.panicProcedure()).rejects.toBeInstanceOf(ProcedureError);
  });

  test('the three kinds of views show their rows', async () => {
    const client = await live.connect(['SELECT * FROM me', 'SELECT * FROM lobby', 'SELECT * FROM my_inbox']);
    expect(client.me.value?.identity.equals(client.identity.peek() ?? fail())).toBe(true);
    const text = `lobby ${protocol}`;
    await client.reducers.say({ room: 0, text });
    expect(client.lobby.rows.value.map((message) => message.text)).toContain(text);
    const note = newNote('inbox');
    await client.reducers.createNote(note);
    expect(client.myInbox.rows.value.map(({ id }) => id)).toEqual([note.id]);
    await client.reducers.setName({ name: 'Ann' });
    expect(client.me.value?.name).toBe('Ann');
  });

  test('an event table announces rows and keeps none', async () => {
    const client = await live.connect(['SELECT * FROM chat_event']);
    const said: string[] = [];
    client.chatEvent.onInsert(({ row }) => said.push(row.what));
    await client.reducers.announce({ room: 1, what: ['one', 'two'] });
    expect(said).toEqual(['one', 'two']);
    expect(client.chatEvent.lastBatch.value?.events).toHaveLength(2);
  });

  test('a bad query is told to whoever waits for it, and the other sets live on', async () => {
    const client = await live.connect(['SELECT * FROM setting']);
    const bad = client.subscriptions.subscribe(['SELECT * FROM entity WHERE nope = 1']);
    await expect(bad.applied).rejects.toBeInstanceOf(SubscriptionError);
    await expect(bad.applied).rejects.toThrow('`nope` is not in scope, executing:');
    await expect(client.entity.subscribed).rejects.toBeInstanceOf(SubscriptionError);
    expect(bad.isActive).toBe(false);
    await client.reducers.putSetting({ key: 'alive', slot: 77, value: protocol });
    expect(client.setting.slot.find(77)?.value).toBe(protocol);
    await client.subscriptions.subscribe(tables.entity).applied;
    await client.entity.subscribed;
  });

  test('connect rejects with the error of its initial queries and stays connected', async () => {
    const client = await live.create();
    await expect(client.connect({ initialSubscriptions: ['SELECT * FROM nope'] })).rejects.toThrow(
      'no such table: `nope`',
    );
    expect(client.connection.state.value).toEqual({ status: 'connected' });
  });

  test('an empty table is subscribed too', async () => {
    const client = await live.connect([]);
    await client.subscriptions.subscribe('SELECT * FROM every_type').applied;
    await client.everyType.subscribed;
    expect(client.everyType.count()).toBe(0);
  });

  test('SELECT * FROM * fills every public table', async () => {
    const client = await live.connect(['SELECT * FROM *']);
    await Promise.all([client.note.subscribed, client.everyType.subscribed, client.setting.subscribed]);
    expect(client.setting.find('motd')?.value).toBe('Welcome');
  });

  test('one-off queries answer and are kept nowhere', async () => {
    const client = await live.connect([]);
    const settings = await client.subscriptions.oneOffQuery(tables.setting);
    expect(settings.map(({ key }) => key)).toContain('motd');
    await expect(client.subscriptions.oneOffQuery("SELECT * FROM setting WHERE key = 'motd'")).resolves.toEqual([
      { key: 'motd', slot: 1, value: 'Welcome' },
    ]);
    await expect(client.subscriptions.oneOffQuery('SELECT * FROM nope')).rejects.toBeInstanceOf(SubscriptionError);
    expect(client.setting.count()).toBe(0);
  });

  test('a listener and an effect that call reducers in the middle of a step get steps of their own', async () => {
    const client = await live.connect(['SELECT * FROM score']);
    const mark = `middle ${protocol}`;
    const calls: Promise<unknown>[] = [];
    const steps: number[] = [];
    const marked = (): number => client.score.rows.value.filter((score) => score.player.startsWith(mark)).length;
    client.score.onInsert(({ row }) => {
      if (row.player === mark) calls.push(client.reducers.addScore({ player: `${mark} from a listener`, points: 1n }));
    });
    const dispose = effect(() => {
      steps.push(marked());
      if (steps.length === 2) calls.push(client.reducers.addScore({ player: `${mark} from an effect`, points: 1n }));
    });
    await client.reducers.addScore({ player: mark, points: 1n });
    await Promise.all(calls);
    dispose();
    expect(calls).toHaveLength(2);
    expect(steps).toEqual([0, 1, 2, 3]);
  });

  test('a call without a connection says so, and an answer that cannot come any more rejects', async () => {
    const client = await live.create();
    await expect(client.reducers.noop()).rejects.toThrow('calling reducer noop: there is no connection (disconnected)');
    const connector = cuttableConnector();
    const cut = await live.connect([], { webSocket: connector, retry: { baseDelayMs: 1, maxDelayMs: 1 } });
    const call = cut.reducers.noop();
    connector.cut();
    await expect(call).rejects.toBeInstanceOf(ConnectionError);
    await expect(call).rejects.toThrow('may or may not have been carried out');
  });

  test('after a lost connection the rows are what they would be, and only what changed is an event', async () => {
    const connector = cuttableConnector();
    const clock = new FakeClock();
    const options = { webSocket: connector, clock, random: () => 1 };
    const client = await live.connect(['SELECT * FROM note', 'SELECT * FROM setting'], options);
    const other = await live.connect(['SELECT * FROM note']);
    const [kept, changed, deleted, added] = [newNote('kept'), newNote('changed'), newNote('deleted'), newNote('added')];
    for (const note of [kept, changed, deleted]) await other.reducers.createNote(note);
    await firstWhere(client.note.row(deleted.id), (row) => row !== undefined);
    const keptRow = client.note.find(kept.id);
    const identity = client.identity.peek();
    const states: string[] = [];
    client.connection.onStateChanged(({ status }) => states.push(status));
    const events: RowEvent<Note>[] = [];
    client.note.onInsert((event) => events.push(event));
    client.note.onUpdate((event) => events.push(event));
    client.note.onDelete((event) => events.push(event));
    connector.cut();
    expect(client.subscriptions.ready.value).toBe(false);
    expect(client.note.find(kept.id)).toBe(keptRow);
    await other.reducers.overwriteNote({ id: changed.id, body: 'another body' });
    await other.reducers.deleteNote({ id: deleted.id });
    await other.reducers.createNote(added);
    expect(client.connection.state.value).toEqual({ status: 'reconnecting', attempt: 1, nextDelayMs: 1000 });
    clock.advance(1000);
    await firstWhere(client.subscriptions.ready, (ready) => ready);
    const told = events.map((event) => {
      const { id } = event.kind === 'update' ? event.newRow : event.row;
      return `${event.kind} ${id} ${event.context.event.kind}`;
    });
    expect(told.sort()).toEqual([
      `delete ${deleted.id} reconnect`,
      `insert ${added.id} reconnect`,
      `update ${changed.id} reconnect`,
    ]);
    expect(client.note.find(kept.id)).toBe(keptRow);
    expect(client.identity.peek()?.equals(identity ?? fail())).toBe(true);
    expect(states).toEqual(['reconnecting', 'reconnecting', 'connected']);
    await client.reducers.deleteNote({ id: kept.id });
    await eventually('the row to leave', () => client.note.find(kept.id) === undefined);
  });
});

function fail(): never {
  throw new Error('expected a value');
}
