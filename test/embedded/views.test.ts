import { describe, expect, test } from 'vitest';
import { type Relation } from '../../src/embedded/relation.ts';
import { ann, bob, openTestDatabase } from '../support/embedded-database.ts';

const sizeOf = (relation: Relation): number => [...relation.rows()].length;

describe('a view that is held', () => {
  test('changes in the commit that changed what it read', async () => {
    const { database, call, lastChanges } = await openTestDatabase();
    const lobby = database.acquireView('lobby', ann.identity);
    expect(lobby.size).toBe(0);
    call('say', '[0, "hi all"]');
    expect(lastChanges()).toBe('message +1 -0, chat_event +1 -0, lobby +1 -0');
    expect(sizeOf(lobby)).toBe(1);
    expect([...lobby.rowsWhere(3, 'hi all')]).toHaveLength(1);
    expect([...lobby.rowsWhere(3, 'hi')]).toEqual([]);
  });

  test('is left alone by changes of other keys and other tables', async () => {
    const { database, call, lastChanges, log } = await openTestDatabase();
    database.connect(ann.identity, ann.connectionId);
    database.connect(bob.identity, bob.connectionId);
    for (const view of ['lobby', 'me', 'my_inbox']) database.acquireView(view, ann.identity);
    call('say', '[1, "not in the lobby"]');
    expect(lastChanges()).toBe('message +1 -0, chat_event +1 -0');
    call('set_name', '[{"some": "Bob"}]', bob);
    expect(lastChanges()).toBe('user +1 -1');
    call('set_name', '[{"some": "Ann"}]', ann);
    expect(lastChanges()).toBe('user +1 -1, me(1) +1 -1');
    call('create_note', '[1, "work", "t", "b", []]');
    expect(lastChanges()).toBe('note +1 -0');
    call('create_note', '[2, "inbox", "t", "b", []]', bob);
    expect(lastChanges()).toBe('note +1 -0');
    call('create_note', '[3, "inbox", "t", "b", []]');
    expect(lastChanges()).toBe('note +1 -0, my_inbox(1) +1 -0');
    call('delete_note', '[3]');
    expect(lastChanges()).toBe('note +0 -1, my_inbox(1) +0 -1');
    expect(log).toEqual([]);
  });

  test('is another one for each caller, unless it is anonymous', async () => {
    const { database, call, lastChanges } = await openTestDatabase();
    for (const { identity } of [ann, bob]) {
      database.acquireView('lobby', identity);
      database.acquireView('my_inbox', identity);
    }
    expect(database.acquireView('lobby', bob.identity)).toBe(database.viewRelation('lobby', ann.identity));
    call('create_note', '[3, "inbox", "t", "b", []]', bob);
    expect(lastChanges()).toBe('note +1 -0, my_inbox(2) +1 -0');
    expect(database.viewRelation('my_inbox', ann.identity).size).toBe(0);
    expect(database.isEmpty('my_inbox')).toBe(false);
    call('say', '[0, "once"]');
    expect(lastChanges()).toBe('message +1 -0, chat_event +1 -0, lobby +1 -0');
  });

  test('keeps its rows when the change is rolled back', async () => {
    const { database, call, commits } = await openTestDatabase();
    const lobby = database.acquireView('lobby', ann.identity);
    call('say', '[0, "a"]');
    commits.length = 0;
    call('panic_with', '["x"]');
    call('say', '[0, ""]');
    expect(lobby.size).toBe(1);
    expect(commits).toEqual([]);
    call('say', '[0, "b"]');
    expect(lobby.size).toBe(2);
  });

  test('is followed until it is released as often as it was acquired', async () => {
    const { database, call, lastChanges } = await openTestDatabase();
    database.acquireView('lobby', ann.identity);
    database.acquireView('lobby', bob.identity);
    database.releaseView('lobby', ann.identity);
    call('say', '[0, "a"]');
    expect(lastChanges()).toContain('lobby +1 -0');
    database.releaseView('lobby', bob.identity);
    call('say', '[0, "b"]');
    expect(lastChanges()).not.toContain('lobby');
    expect(database.isEmpty('lobby')).toBe(true);
    expect(() => database.releaseView('lobby', bob.identity)).toThrow('released without having been acquired');
  });

  test('follows what it reads now, not what it has read before', async () => {
    const { database, call, lastChanges } = await openTestDatabase();
    const me = database.acquireView('me', ann.identity);
    expect(me.size).toBe(0);
    database.connect(ann.identity, ann.connectionId);
    expect(lastChanges()).toBe('user +1 -0, me(1) +1 -0');
    call('set_status', '[{"active": 7}]');
    expect(lastChanges()).toBe('user +1 -1, me(1) +1 -1');
  });
});

describe('a view that nobody holds', () => {
  test('is computed when it is asked for', async () => {
    const { database, call } = await openTestDatabase();
    call('say', '[0, "a"]');
    expect(database.viewRelation('lobby', ann.identity).size).toBe(1);
    call('say', '[0, "b"]');
    expect(database.viewRelation('lobby', ann.identity).size).toBe(2);
    expect(database.isView('lobby')).toBe(true);
    expect(database.isView('message')).toBe(false);
    expect(() => database.viewRelation('message', ann.identity)).toThrow('there is no view message');
  });
});
