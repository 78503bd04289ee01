import { effect } from '@preact/signals-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ConnectionError, ReducerError } from '../../src/errors.ts';
import { firstWhere } from '../../src/helpers.ts';
import { nextOptimisticIntId, OptimisticChange } from '../../src/index.ts';
import { type RowEvent } from '../../src/store/event-context.ts';
import { type Message, type Note, type SpacetimeDbClient } from '../generated/reference/index.ts';
import { Identity } from '../../src/bsatn/special/identity.ts';
import { Timestamp } from '../../src/bsatn/special/timestamp.ts';
import { cuttableConnector } from '../support/cuttable-connector.ts';
import { type LiveServer, startLiveServer } from '../support/live-clients.ts';

let nextId = 1000n;
let live: LiveServer;

beforeAll(async () => {
  live = await startLiveServer();
});

afterEach(async () => {
  await live.disposeClients();
  expect(live.errors).toEqual([]);
});

afterAll(() => live[Symbol.asyncDispose]());

/** A note as this client would make it. */
function noteOf(client: SpacetimeDbClient, change: Partial<Note> = {}): Note {
  const owner = client.identity.peek();
  if (owner === undefined) throw new Error('not connected');
  nextId += 1n;
  return { id: nextId, owner, folder: 'f', title: 't', body: 'b', tags: [], createdAt: Timestamp.epoch, ...change };
}

/** A note that the server has. */
async function storedNote(client: SpacetimeDbClient, change: Partial<Note> = {}): Promise<Note> {
  const { id, folder, title, body, tags } = noteOf(client, change);
  await client.reducers.createNote({ id, folder, title, body, tags: [...tags] });
  const note = client.note.find(id);
  if (note === undefined) throw new Error('the note is not here');
  return note;
}

/** What happens to notes, in words. */
function heardOf(client: SpacetimeDbClient): string[] {
  const heard: string[] = [];
  const hear = (event: RowEvent<Note>): void => {
    const { event: cause, isMyTransaction, isOptimistic } = event.context;
    const row = event.kind === 'update' ? event.newRow : event.row;
    heard.push(`${event.kind} ${row.title} ${cause.kind}${isMyTransaction ? ' mine' : ''}${isOptimistic ? ' ?' : ''}`);
  };
  client.note.onInsert(hear);
  client.note.onUpdate(hear);
  client.note.onDelete(hear);
  return heard;
}

describe('an optimistic write', () => {
  test('shows before the call returns, is pending until the answer, and is one change when it was predicted well', async () => {
    const client = await live.connect(['SELECT * FROM note']);
    const note = await storedNote(client);
    const heard = heardOf(client);
    const seen: unknown[] = [];
    const dispose = effect(() => void seen.push(client.note.row(note.id).value?.title));
    const edited = { ...note, title: 'edited' };
    const call = client.reducers.updateNote(
      { id: note.id, title: 'edited', body: note.body },
      { optimisticChanges: [OptimisticChange.updateRow(client.note, note, edited)] },
    );
    expect(client.note.find(note.id)).toEqual(edited);
    expect(client.note.pending.value.has(note.id)).toBe(true);
    const shown = client.note.find(note.id);
    expect(await call).toMatchObject({ status: 'committed' });
    expect(client.note.pending.value.size).toBe(0);
    expect(client.note.find(note.id)).toBe(shown);
    expect(seen).toEqual(['t', 'edited']);
    expect(heard).toEqual(['update edited optimistic mine ?']);
    dispose();
  });

  test('that the server makes something else of is an event with its context, once', async () => {
    const client = await live.connect(['SELECT * FROM note']);
    const note = await storedNote(client);
    const heard = heardOf(client);
    await client.reducers.updateNote(
      { id: note.id, title: '  trimmed ', body: 'b' },
      { optimisticChanges: [OptimisticChange.updateRow(client.note, note, { ...note, title: '  trimmed ' })] },
    );
    expect(heard).toEqual(['update   trimmed  optimistic mine ?', 'update trimmed reducer mine']);
  });

  test('that is refused is taken back in the step of the refusal', async () => {
    const client = await live.connect(['SELECT * FROM note']);
    const note = await storedNote(client);
    const heard = heardOf(client);
    const call = client.reducers.createNote(
      { id: note.id, folder: 'f', title: 'again', body: 'b', tags: [] },
      { optimisticChanges: [OptimisticChange.insertRow(client.note, { ...note, title: 'again' })] },
    );
    await expect(call).rejects.toBeInstanceOf(ReducerError);
    expect(client.note.find(note.id)).toBe(note);
    expect(heard).toEqual(['update again optimistic mine ?', 'update t reducer mine']);
    expect(client.note.pending.value.size).toBe(0);
  });

  test('with a temporary key disappears in the step in which the real row appears', async () => {
    const client = await live.connect(['SELECT * FROM message']);
    const sender = client.identity.peek();
    if (sender === undefined) throw new Error('not connected');
    const id = nextOptimisticIntId(client.message);
    const message: Message = { id, room: 77, sender, text: 'hi', sent: Timestamp.epoch };
    const seen: bigint[][] = [];
    const dispose = effect(() => void seen.push(client.message.room.filter(77).map((row) => row.id)));
    const optimisticChanges = [OptimisticChange.insertRow(client.message, message)];
    await client.reducers.say({ room: 77, text: 'hi' }, { optimisticChanges });
    dispose();
    const [real] = client.message.room.filter(77);
    expect(id).toBe(2n ** 64n - 1n);
    expect(real?.id).not.toBe(id);
    expect(seen).toEqual([[], [id], [real?.id]]);
  });

  test('of one column and a remote edit of another show together, on both sides', async () => {
    const ann = await live.connect(['SELECT * FROM note']);
    const ben = await live.connect(['SELECT * FROM note']);
    const note = await storedNote(ann);
    await firstWhere(ben.note.row(note.id), (row) => row !== undefined);
    const bodies: unknown[] = [];
    const dispose = effect(() => {
      const row = ann.note.row(note.id).value;
      bodies.push(`${row?.title}/${row?.body}`);
    });
    const edit = ann.reducers.updateNote(
      { id: note.id, title: 'of Ann', body: 'b' },
      { optimisticChanges: [OptimisticChange.updateRow(ann.note, note, { ...note, title: 'of Ann' })] },
    );
    await Promise.all([edit, ben.reducers.overwriteNote({ id: note.id, body: 'of Ben' })]);
    await firstWhere(ann.note.row(note.id), (row) => row?.body === 'of Ben');
    await firstWhere(ben.note.row(note.id), (row) => row?.title === 'of Ann' && row.body === 'of Ben');
    expect(bodies).toEqual(['t/b', 'of Ann/b', 'of Ann/of Ben']);
    dispose();
  });

  test('of several tables is one step, forth and back', async () => {
    const client = await live.connect(['SELECT * FROM note', 'SELECT * FROM score', 'SELECT * FROM message']);
    const folder = 'several tables';
    const note = await storedNote(client, { folder });
    const seen: string[] = [];
    const dispose = effect(() => {
      const scores = client.score.rows.value.filter(({ player }) => player === folder);
      seen.push(`${client.note.row(note.id).value === undefined ? 'gone' : 'here'} ${scores.length}`);
    });
    const optimisticChanges = [
      OptimisticChange.deleteRow(client.note, note),
      OptimisticChange.insert('score', { player: folder, points: 1n }),
    ];
    await client.reducers.archiveFolder({ folder }, { optimisticChanges });
    dispose();
    expect(seen).toEqual(['here 0', 'gone 1']);
  });

  test('is rolled back in one step when the connection is lost, with its own events', async () => {
    const connector = cuttableConnector();
    const client = await live.connect(['SELECT * FROM note'], { webSocket: connector });
    const [one, two] = [await storedNote(client), await storedNote(client)];
    const heard = heardOf(client);
    const sizes: number[] = [];
    const dispose = effect(() => void sizes.push(client.note.pending.value.size));
    const calls = [one, two].map((note) =>
      client.reducers.overwriteNote(
        { id: note.id, body: 'x' },
        { optimisticChanges: [OptimisticChange.updateRow(client.note, note, { ...note, title: 'x' })] },
      ),
    );
    connector.cut();
    expect(heard.slice(2)).toEqual(['update t rollback mine ?', 'update t rollback mine ?']);
    expect(client.note.find(one.id)).toEqual(one);
    for (const call of calls) await expect(call).rejects.toBeInstanceOf(ConnectionError);
    expect(sizes).toEqual([0, 1, 2, 0]);
    dispose();
  });

  test('made by a listener is a step of its own', async () => {
    const client = await live.connect(['SELECT * FROM note']);
    const seen: unknown[] = [];
    const note = noteOf(client);
    const dispose = effect(() => void seen.push(client.note.row(note.id).value?.title));
    let call: Promise<unknown> = Promise.resolve();
    client.note.onInsert(({ row }) => {
      call = client.reducers.updateNote(
        { id: row.id, title: 'by the listener', body: row.body },
        { optimisticChanges: [OptimisticChange.updateRow(client.note, row, { ...row, title: 'by the listener' })] },
      );
    });
    await client.reducers.createNote({ ...note, tags: [] });
    await call;
    dispose();
    expect(seen).toEqual([undefined, 't', 'by the listener']);
  });

  test('whose row does not fit, or whose table there is not, sends nothing', async () => {
    const client = await live.connect(['SELECT * FROM note']);
    const change = OptimisticChange.insert('note', { id: 'seven' });
    const call = client.reducers.noop({ optimisticChanges: [change] });
    await expect(call).rejects.toThrow(/table note/);
    expect(client.inspect().pendingCalls).toBe(0);
    const other = client.reducers.noop({ optimisticChanges: [OptimisticChange.insert('nothing', {})] });
    await expect(other).rejects.toThrow(/no such table/);
    expect(client.note.pending.value.size).toBe(0);
  });

  test('of a row whose key is an object is found among the pending keys by its value', async () => {
    const client = await live.connect(['SELECT * FROM user']);
    const me = client.identity.peek();
    const user = me === undefined ? undefined : client.user.find(me);
    if (me === undefined || user === undefined) throw new Error('no user');
    const change = OptimisticChange.updateRow(client.user, user, { ...user, name: 'ann' });
    const call = client.reducers.setName({ name: 'ann' }, { optimisticChanges: [change] });
    expect(client.user.pending.value.has(new Identity(me.value))).toBe(true);
    expect(client.user.pending.value.has(new Identity(me.value + 1n))).toBe(false);
    expect([...client.user.pending.value]).toEqual([me]);
    await call;
    expect(client.user.pending.value.has(me)).toBe(false);
  });

  test('without a connection shows nothing', async () => {
    const client = await live.create();
    const change = OptimisticChange.insert('score', { player: 'x', points: 1n });
    await expect(client.reducers.noop({ optimisticChanges: [change] })).rejects.toBeInstanceOf(ConnectionError);
    expect(client.score.count()).toBe(0);
  });
});
