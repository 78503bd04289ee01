import { beforeEach, describe, expect, test, vi } from 'vitest';
import { ConnectionId } from '../../../src/bsatn/special/connection-id.ts';
import { Identity } from '../../../src/bsatn/special/identity.ts';
import { type SharedUpdate } from '../../../src/embedded/session/shared-update.ts';
import { type Subscriber, SubscriptionRefusal, Subscriptions } from '../../../src/embedded/session/subscriptions.ts';
import { type ViewReturn } from '../../../src/embedded/module-host.ts';
import { rowAt } from '../../../src/wire/row-list.ts';
import { openTestDatabase, owner, type TestDatabase } from '../../support/embedded-database.ts';
import { scriptedHost } from '../../support/scripted-host.ts';
import { changes, snapshot } from '../../support/wire-client.ts';

interface Listener extends Subscriber {
  /** What it was told, in short. */
  readonly told: string[];
  readonly updates: SharedUpdate[];
}

function listener(number: bigint): Listener {
  const told: string[] = [];
  const updates: SharedUpdate[] = [];
  return {
    identity: new Identity(number),
    connectionId: new ConnectionId(number + 100n),
    told,
    updates,
    notify: (update, isOwnCall) => {
      updates.push(update);
      told.push([isOwnCall ? 'own' : 'other', ...changes(update.querySets)].join(' '));
    },
    notifyFailure: (querySetId, error) => told.push(`failure ${querySetId} ${error}`),
  };
}

let fixture: TestDatabase;
let subscriptions: Subscriptions;
let ann: Listener;
let bob: Listener;

beforeEach(async () => {
  fixture = await openTestDatabase();
  subscriptions = new Subscriptions(fixture.database);
  [ann, bob] = [listener(1n), listener(2n)];
});

const scores = 'SELECT * FROM score';

describe('a query set', () => {
  test('has one entry for a text, however often it stands there and whatever white space is around it', () => {
    fixture.call('add_score', '["ann", 1]');
    const rows = subscriptions.subscribe(ann, 1, [scores, ` ${scores}\n`, scores.replace('SELECT', 'select'), scores]);
    expect(snapshot(rows)).toEqual(['score 1', 'score 1']);
  });

  test('leaves out a query that reads a table without any row, and no other', () => {
    fixture.call('add_score', '["ann", 1]');
    const rows = subscriptions.subscribe(ann, 1, ['SELECT * FROM note', `${scores} WHERE points > 5`, scores]);
    expect(snapshot(rows)).toEqual(['score 0', 'score 1']);
  });

  test('stands for every table that the caller may read where it asks for all', () => {
    fixture.call('add_score', '["ann", 1]');
    expect(snapshot(subscriptions.subscribe(ann, 1, [' select * from * ']))).toEqual(['score 1', 'setting 1']);
    const boss = { ...listener(3n), identity: owner };
    expect(snapshot(subscriptions.subscribe(boss, 1, ['SELECT * FROM *']))).toEqual([
      'score 1',
      'secret 1',
      'setting 1',
    ]);
  });

  test('may be empty', () => {
    expect(subscriptions.subscribe(ann, 1, [])).toEqual([]);
    expect(subscriptions.unsubscribe(ann, 1, true)).toEqual([]);
  });

  test('is refused as a whole for one bad query', () => {
    expect(() => subscriptions.subscribe(ann, 1, [scores, 'SELECT * FROM nope'])).toThrow(SubscriptionRefusal);
    fixture.call('add_score', '["ann", 1]');
    expect(ann.told).toEqual([]);
    expect(snapshot(subscriptions.subscribe(ann, 1, [scores]))).toEqual(['score 1']);
  });

  test('is refused under an id that is in use, and the other stays', () => {
    subscriptions.subscribe(ann, 7, [scores]);
    const client = `(Identity(${ann.identity.toHexString()}), ConnectionId(${ann.connectionId.toHexString()}))`;
    expect(() => subscriptions.subscribe(ann, 7, [scores])).toThrow(
      `Subscription with id QuerySetId { id: 7 } already exists for client: ${client}`,
    );
    fixture.call('add_score', '["ann", 1]');
    expect(ann.told).toEqual(['other 7 score +1 -0']);
  });

  test('can only be ended where it is', () => {
    const client = `(Identity(${ann.identity.toHexString()}), ConnectionId(${ann.connectionId.toHexString()}))`;
    expect(() => subscriptions.unsubscribe(ann, 1, false)).toThrow(`Client not found: ${client}`);
    subscriptions.subscribe(ann, 1, []);
    subscriptions.subscribe(bob, 2, []);
    expect(() => subscriptions.unsubscribe(ann, 2, false)).toThrow(
      `Subscription not found: (${client}, QuerySetId { id: 2 })`,
    );
  });

  test('tells its rows when it ends, if they are wanted, and nothing from then on', () => {
    subscriptions.subscribe(ann, 1, [scores, 'SELECT * FROM note']);
    subscriptions.subscribe(ann, 2, [scores]);
    fixture.call('add_score', '["ann", 1]');
    expect(snapshot(subscriptions.unsubscribe(ann, 1, true))).toEqual(['score 1']);
    expect(subscriptions.unsubscribe(ann, 2, false)).toBeUndefined();
    fixture.call('add_score', '["ann", 2]');
    expect(ann.told).toEqual(['other 1 score +1 -0 2 score +1 -0']);
  });
});

describe('a transaction', () => {
  test('is told by ascending ids and names, with one entry for each query it concerns', () => {
    subscriptions.subscribe(ann, 20, [
      'SELECT * FROM message',
      scores,
      'SELECT * FROM note',
      `${scores} WHERE points > 0`,
    ]);
    subscriptions.subscribe(ann, 3, [scores]);
    fixture.call('create_note', '[1, "inbox", "t", "b", []]');
    fixture.call('archive_folder', '["inbox"]');
    expect(ann.told).toEqual([
      'other 20 note +1 -0',
      'other 3 score +1 -0 20 message +1 -0 20 note +0 -1 20 score +1 -0 20 score +1 -0',
    ]);
  });

  test('is told only to whom it concerns', () => {
    subscriptions.subscribe(ann, 1, [`${scores} WHERE player = 'ann'`]);
    subscriptions.subscribe(bob, 1, [`${scores} WHERE player = 'bob'`]);
    fixture.call('add_score', '["bob", 1]');
    expect(ann.told).toEqual([]);
    expect(bob.told).toEqual(['other 1 score +1 -0']);
  });

  test('of the connection itself is marked', () => {
    subscriptions.subscribe(ann, 1, [scores]);
    fixture.call('add_score', '["ann", 1]', ann);
    expect(ann.told).toEqual(['own 1 score +1 -0']);
  });

  test('is encoded once for all who have the same queries in sets of the same numbers', () => {
    const [high, low] = ['points > 5', 'points < 5'].map((condition) => `${scores} WHERE ${condition}`);
    const others = [scores, scores, low].map((query, index) => {
      const other = listener(BigInt(index + 3));
      subscriptions.subscribe(other, 1, [`${scores} WHERE player = 'bob'`, query ?? '', high ?? '']);
      return other;
    });
    subscriptions.subscribe(ann, 1, [scores]);
    subscriptions.subscribe(bob, 1, [scores]);
    subscriptions.subscribe(bob, 2, [low ?? '']);
    const messages = (): readonly unknown[] => [ann, bob, ...others].map(({ updates }) => updates.at(-1)?.message);
    fixture.call('add_score', '["ann", 9]');
    // Ann and Bob see one row once, two of the others twice, the last once, by another query.
    expect(new Set(messages()).size).toBe(3);
    expect(messages()[0]).toBe(messages()[1]);
    expect(messages()[2]).toBe(messages()[3]);
    fixture.call('add_score', '["eve", 1]');
    // Now Bob sees it in both of his sets, and nobody by the query for high scores.
    expect(new Set(messages()).size).toBe(3);
    expect(messages()[2]).toBe(messages()[0]);
  });

  test('is evaluated once for a query that many have, whatever else they have', () => {
    subscriptions.subscribe(ann, 1, [scores]);
    subscriptions.subscribe(bob, 2, [`${scores} WHERE points = 1`, scores]);
    fixture.call('add_score', '["ann", 1]');
    const [forAnn, forBob] = [ann, bob].map(({ updates }) => updates[0]?.querySets[0]?.tables[0]?.rows);
    expect(forAnn).toHaveLength(1);
    expect(forBob).toHaveLength(2);
    expect(forBob?.[1]).toBe(forAnn?.[0]);
  });

  test('is told apart for queries that depend on the caller', () => {
    const mine = 'SELECT * FROM user WHERE identity = :sender';
    for (const one of [ann, bob]) {
      subscriptions.subscribe(one, 1, [mine, 'SELECT * FROM me']);
      fixture.database.connect(one.identity, one.connectionId);
    }
    expect(ann.told).toEqual(['other 1 me +1 -0 1 user +1 -0']);
    expect(bob.told).toEqual(['other 1 me +1 -0 1 user +1 -0']);
  });

  test('is told as events for an event table, whose rows are in no snapshot', () => {
    expect(subscriptions.subscribe(ann, 1, ['SELECT * FROM chat_event'])).toEqual([]);
    fixture.call('announce', '[1, ["a", "b"]]');
    expect(ann.told).toEqual(['other 1 chat_event !2']);
    expect(subscriptions.unsubscribe(ann, 1, true)).toEqual([]);
  });

  test('is not told to a connection that is gone', () => {
    subscriptions.subscribe(ann, 1, [scores]);
    subscriptions.subscribe(ann, 2, [scores]);
    subscriptions.drop(ann);
    fixture.call('add_score', '["ann", 1]');
    expect(ann.told).toEqual([]);
    expect(() => subscriptions.unsubscribe(ann, 1, false)).toThrow('Client not found');
  });

  test('ends a set that can no longer be evaluated, before it tells the others', () => {
    const join = 'SELECT e.* FROM entity e JOIN message m ON e.entity_id = m.room';
    subscriptions.subscribe(ann, 2, [join, 'SELECT * FROM entity']);
    subscriptions.subscribe(ann, 1, ['SELECT * FROM entity']);
    subscriptions.subscribe(bob, 1, [join]);
    const table = vi.spyOn(fixture.database, 'table').mockReturnValue(undefined);
    fixture.call('spawn', '[1, 1]');
    table.mockRestore();
    const failure = 'the database has no table message';
    expect(ann.told).toEqual([`failure 2 ${failure}`, 'other 1 entity +1 -0']);
    expect(bob.told).toEqual([`failure 1 ${failure}`]);
    fixture.call('spawn', '[2, 1]');
    expect(ann.told.slice(2)).toEqual(['other 1 entity +1 -0']);
    expect(snapshot(subscriptions.subscribe(ann, 2, ['SELECT * FROM entity']))).toEqual(['entity 2']);
  });
});

describe('a view', () => {
  test('is kept only while somebody has subscribed to it', async () => {
    let runs = 0;
    const lobby = (): ViewReturn => {
      runs++;
      return { tag: 'rows', rows: new Uint8Array(4) };
    };
    const scripted = await openTestDatabase(scriptedHost({ views: { lobby } }));
    const acquire = vi.spyOn(scripted.database, 'acquireView');
    const release = vi.spyOn(scripted.database, 'releaseView');
    subscriptions = new Subscriptions(scripted.database);
    subscriptions.subscribe(ann, 1, ['SELECT * FROM lobby']);
    subscriptions.subscribe(bob, 1, ['SELECT * FROM lobby']);
    expect(runs).toBe(1);
    subscriptions.unsubscribe(ann, 1, true);
    expect(release).not.toHaveBeenCalled();
    subscriptions.drop(bob);
    expect(release.mock.calls).toEqual(acquire.mock.calls);
  });

  test('that fails refuses the set, and nothing of it stays', async () => {
    const scripted = await openTestDatabase(
      scriptedHost({
        views: {
          lobby: () => {
            throw new Error('the lobby is closed');
          },
        },
      }),
    );
    const release = vi.spyOn(scripted.database, 'releaseView');
    subscriptions = new Subscriptions(scripted.database);
    expect(() => subscriptions.subscribe(ann, 1, ['SELECT * FROM me', 'SELECT * FROM lobby'])).toThrow(
      SubscriptionRefusal,
    );
    expect(release.mock.calls.map(([view]) => view)).toEqual(['me']);
    expect(subscriptions.subscribe(ann, 1, ['SELECT * FROM me'])).toEqual([]);
  });

  test('is shared by all when it is anonymous, and by nobody when it is not', () => {
    const acquire = vi.spyOn(fixture.database, 'acquireView');
    for (const one of [ann, bob]) subscriptions.subscribe(one, 1, ['SELECT * FROM lobby', 'SELECT * FROM me']);
    expect(acquire.mock.calls.map(([view]) => view)).toEqual(['lobby', 'me', 'me']);
  });
});

describe('a one-off query', () => {
  test('answers with one entry, even without rows', () => {
    const { table, rows } = subscriptions.query(ann.identity, `${scores} WHERE points = 1`);
    expect([table, rows.length]).toEqual(['score', 0]);
    fixture.call('add_score', '["ann", 1]');
    const found = subscriptions.query(ann.identity, `${scores} WHERE points = 1`).rows;
    expect([...rowAt(found, 0)]).toEqual([3, 0, 0, 0, 97, 110, 110, 1, 0, 0, 0, 0, 0, 0, 0]);
  });

  test('is refused with the bare text', () => {
    expect(() => subscriptions.query(ann.identity, 'SELECT * FROM secret')).toThrow(
      new SubscriptionRefusal('no such table: `secret`. If the table exists, it may be marked private.'),
    );
    expect(snapshot([subscriptions.query(owner, 'SELECT * FROM secret')])).toEqual(['secret 1']);
  });

  test('sees the views of its caller', () => {
    fixture.database.connect(ann.identity, ann.connectionId);
    expect(snapshot([subscriptions.query(ann.identity, 'SELECT * FROM me')])).toEqual(['me 1']);
    expect(snapshot([subscriptions.query(bob.identity, 'SELECT * FROM me')])).toEqual(['me 0']);
  });
});
