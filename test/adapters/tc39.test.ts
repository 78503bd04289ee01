import { Signal } from 'signal-polyfill';
import { toTc39Signal } from 'spacetimedb-signals/tc39';
import { expect, test } from 'vitest';
import { storedTableOf } from '../../src/store/table-handles.ts';
import { entityFixture } from '../store/support/entity-fixture.ts';
import { changesIn } from '../store/support/rows.ts';
import { entities, entity } from '../store/support/tables.ts';

test('a computed of the proposal follows rows, watched or not', () => {
  const { server, table } = entityFixture();
  const row = toTc39Signal(table.row(1));
  const name = new Signal.Computed(() => row.get()?.name);
  expect(name.get()).toBeUndefined();
  server.step(changesIn(1, entities, { inserts: [entity(1, 'one')] }));
  expect(name.get()).toBe('one');
  server.step(changesIn(1, entities, { inserts: [entity(1, 'two')], deletes: [entity(1, 'one')] }));
  expect([name.get(), row.get()]).toEqual(['two', table.find(1)]);
});

test('a watcher hears once of a transaction that changes several of what it watches', () => {
  const { server, table } = entityFixture();
  const names = [1, 2, 3].map((id) => toTc39Signal(table.row(id)));
  let runs = 0;
  const joined = new Signal.Computed(() => {
    runs++;
    return names.map((name) => name.get()?.name).join();
  });
  let notified = 0;
  const watcher = new Signal.subtle.Watcher(() => notified++);
  watcher.watch(joined);
  joined.get();
  server.step(changesIn(1, entities, { inserts: [entity(1, 'a'), entity(2, 'b'), entity(3, 'c')] }));
  expect([notified, joined.get(), runs]).toEqual([1, 'a,b,c', 2]);
});

test('an abort ends it, before or after it began', () => {
  const { table } = entityFixture();
  const { watched } = storedTableOf(table);
  const ended = new AbortController();
  toTc39Signal(table.row(1), { signal: ended.signal });
  expect(storedTableOf(table).watched).toBe(watched + 1);
  ended.abort();
  expect(storedTableOf(table).watched).toBe(watched);
  toTc39Signal(table.row(1), { signal: ended.signal });
  expect(storedTableOf(table).watched).toBe(watched);
});
