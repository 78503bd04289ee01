import { describe, expect, test } from 'vitest';
import { type EventTable } from '../../src/store/handles.ts';
import { createEventTable } from '../../src/store/table-handles.ts';
import { eventsIn, rawRows, somebody, TestStore } from './support/rows.ts';
import { type Ping, pings } from './support/tables.ts';

function fixture(): { readonly server: TestStore; readonly table: EventTable<Ping>; readonly heard: number[] } {
  const server = new TestStore();
  const table = createEventTable(server.store, pings);
  const heard: number[] = [];
  table.onInsert(({ row }) => heard.push(row.from));
  return { server, table, heard };
}

const ping = (...from: readonly number[]): readonly Ping[] => from.map((one) => ({ from: one }));

describe('an event table', () => {
  test('announces rows and keeps none', () => {
    const { server, table, heard } = fixture();
    server.step(eventsIn(1, pings, ping(1, 2)));
    expect(heard).toEqual([1, 2]);
    expect(table.lastBatch.value?.events).toEqual(
      ping(1, 2).map((row) => ({ kind: 'insert', row, context: somebody })),
    );
    server.step(eventsIn(1, pings, ping(3)));
    expect(heard).toEqual([1, 2, 3]);
    expect(table.lastBatch.value?.events).toHaveLength(1);
  });

  test('repeats a row as often as one set announces it', () => {
    const { server, heard } = fixture();
    server.step(eventsIn(1, pings, ping(1, 1)), eventsIn(1, pings, ping(1, 2)));
    expect(heard).toEqual([1, 1, 1, 2]);
  });

  test('announces a row of several sets as often as the set that has it most often', () => {
    const { server, heard } = fixture();
    server.step(eventsIn(1, pings, ping(1, 2)), eventsIn(2, pings, ping(2, 2, 3)), eventsIn(3, pings, ping(1)));
    expect(heard.sort((a, b) => a - b)).toEqual([1, 2, 2, 3]);
  });

  test('has no batch when nothing was announced', () => {
    const { server, table, heard } = fixture();
    server.step(eventsIn(1, pings, []));
    expect(heard).toEqual([]);
    expect(table.lastBatch.value).toBeUndefined();
  });

  test('leaves out what a rejected set announces', () => {
    const { server, heard } = fixture();
    const { rejected } = server.perform({
      changes: [
        eventsIn(1, pings, ping(1)),
        eventsIn(2, pings, ping(2)),
        { querySetId: 2, table: 'ping', rows: { tag: 'EventTable', events: rawRows([1, 2]) } },
      ],
    });
    expect(rejected).toMatchObject([{ querySetId: 2, error: { table: 'ping', column: 'from' } }]);
    expect(heard).toEqual([1]);
  });

  test('has nothing to forget', () => {
    const { server, heard } = fixture();
    server.forget([1], eventsIn(1, pings, ping(1)));
    server.forget([1]);
    expect(heard).toEqual([1]);
    expect([...(server.store.table('ping')?.querySetIds() ?? [])]).toEqual([]);
  });
});
