import assert from 'node:assert/strict';
import { computed, effect } from '@preact/signals-core';
import { type RowEvent } from '../../../src/store/event-context.ts';
import {
  type EventTable,
  type HashIndex,
  type KeyedTable,
  type OrderedIndex,
  type PlainTable,
  type UniqueIndex,
  type UniqueOrderedIndex,
} from '../../../src/store/handles.ts';
import { range } from '../../../src/store/range.ts';
import { type RowChanges, type StepResult } from '../../../src/store/step.ts';
import { createEventTable, createKeyedTable, createPlainTable } from '../../../src/store/table-handles.ts';
import {
  createHashIndex,
  createOrderedIndex,
  createUniqueIndex,
  createUniqueOrderedColumn,
} from '../../../src/store/table-indexes.ts';
import { impossibleDelete, type ModelQuery, ModelServer, type Mutation, textOf } from './model-server.ts';
import { ModelTable, wordsOf } from './model-table.ts';
import { eventsIn, rawChangesIn, rawRows, TestStore } from './rows.ts';
import { type Entity, entities, type LogLine, logLines, type Ping, pings } from './tables.ts';

/** The ids, rooms (or levels) and query sets that occur. */
export const ids: readonly number[] = [0, 1, 2, 3, 4, 5];
export const rooms: readonly number[] = [0, 1, 2];
export const setIds: readonly number[] = [1, 2, 3];

/** Something that happens to a {@link World}. */
export type Command =
  | { readonly kind: 'transact'; readonly mutation: Mutation }
  | { readonly kind: 'subscribe'; readonly set: number; readonly queries: readonly ModelQuery[] }
  | { readonly kind: 'unsubscribe' | 'resync' | 'reject' | 'impossible'; readonly set: number }
  | { readonly kind: 'reconnect'; readonly mutation: Mutation; readonly late: readonly number[] }
  | { readonly kind: 'ping'; readonly bySet: readonly (readonly number[])[] }
  | { readonly kind: 'watch'; readonly watcher: number }
  | { readonly kind: 'clear' | 'look' };

/** Something that can be watched: how to read it, and what the model says to it. */
interface Watchable {
  readonly read: () => unknown;
  readonly expected: () => unknown;
}

/** A watcher: how often its effect ran, and what it saw last. */
interface Watcher {
  dispose: () => void;
  runs: number;
  seen: unknown;
}

/** A store that nobody reads, listens to or watches, so that its rows stay bytes, and what its last batch should say. */
interface QuietStore {
  readonly server: TestStore;
  readonly table: KeyedTable<Entity, number>;
  readonly log: PlainTable<LogLine>;
  lastChanges: readonly string[];
  lastLineChanges: readonly string[];
}

/** The store beside the model. Every step is done by both, and everything that can be asked is compared afterwards. */
export class World {
  readonly server: ModelServer = new ModelServer();
  readonly client: TestStore = new TestStore();
  readonly table: KeyedTable<Entity, number> = createKeyedTable(this.client.store, entities);
  readonly log: PlainTable<LogLine> = createPlainTable(this.client.store, logLines);
  readonly ping: EventTable<Ping> = createEventTable(this.client.store, pings);
  readonly byId: UniqueIndex<Entity, number> = createUniqueIndex(this.table, {
    columnsOf: (row: Entity) => [row.id],
    columnsOfKey: (id: number) => [id],
  });
  readonly byRoom: HashIndex<Entity, number> = createHashIndex(this.table, {
    columnsOf: (row): readonly [number] => [row.room],
  });
  readonly byPlace: OrderedIndex<Entity, readonly [number, string]> = createOrderedIndex(this.table, {
    columnsOf: (row): readonly [number, string] => [row.room, row.name],
  });
  readonly byIdSorted: UniqueOrderedIndex<Entity, number, readonly [number]> = createUniqueOrderedColumn(this.table, {
    columnsOf: (row: Entity): readonly [number] => [row.id],
    columnsOfKey: (id: number) => [id],
  });
  readonly byLevel: HashIndex<LogLine, number> = createHashIndex(this.log, {
    columnsOf: (row): readonly [number] => [row.level],
  });
  readonly model: ModelTable<Entity> = new ModelTable(entities, (row) => row.id);
  readonly logModel: ModelTable<LogLine> = new ModelTable(logLines, (row) => row);
  readonly quiet: QuietStore = quietStore();
  readonly heard: RowEvent<Entity>[] = [];
  readonly heardLines: RowEvent<LogLine>[] = [];
  readonly pinged: number[] = [];
  readonly watchables: readonly Watchable[] = this.#makeWatchables();
  readonly watchers: Map<number, Watcher> = new Map();
  readonly handles: readonly Watchable[] = this.#makeHandles();

  constructor() {
    const hear = (event: RowEvent<Entity>): number => this.heard.push(event);
    const hearLine = (event: RowEvent<LogLine>): number => this.heardLines.push(event);
    this.table.onInsert(hear);
    this.table.onUpdate(hear);
    this.table.onDelete(hear);
    this.log.onInsert(hearLine);
    this.log.onDelete(hearLine);
    this.ping.onInsert(({ row }) => this.pinged.push(row.from));
  }

  get rows(): readonly Entity[] {
    return [...this.model.shown.values()];
  }

  run(command: Command): void {
    switch (command.kind) {
      case 'transact':
        return this.step([], this.server.transact(command.mutation));
      case 'subscribe':
        if (this.server.sets.has(command.set)) return;
        this.server.sets.set(command.set, command.queries);
        return this.step([], this.server.snapshot(command.set));
      case 'unsubscribe':
        this.server.sets.delete(command.set);
        return this.step([command.set], []);
      case 'resync':
        return this.step([command.set], this.server.snapshot(command.set));
      case 'reject':
        return this.reject(command.set);
      case 'impossible':
        return this.impossible(command.set);
      case 'reconnect':
        return this.reconnect(command.mutation, command.late);
      case 'ping':
        return this.pings(command.bySet);
      case 'watch':
        return this.toggle(command.watcher);
      case 'look':
        return this.look();
      case 'clear':
        this.server.sets.clear();
        return this.step(setIds, []);
    }
  }

  /** Applies a step to both and compares everything. */
  step(forget: readonly number[], changes: readonly RowChanges[]): void {
    this.#compareStep(forget, changes, forget, changes, (result) => this.client.expectFine(result));
  }

  /** A message of the set has rows of another shape: the set leaves, the rest of the message counts. */
  reject(set: number): void {
    const changes = this.server.transact({ put: [{ id: 1, room: 1, name: 'a' }], remove: [2], toggle: [] });
    const others = changes.filter(({ querySetId }) => querySetId !== set);
    this.server.sets.delete(set);
    const broken = [...changes, rawChangesIn(set, 'entity', rawRows([1]))];
    this.#compareStep([], broken, [set], others, ({ rejected, error }) => {
      assert.equal(error, undefined);
      assert.deepEqual(
        rejected.map(({ querySetId }) => querySetId),
        [set],
      );
    });
    this.step([set], []);
  }

  /** A message that would make a count negative changes nothing. */
  impossible(set: number): void {
    const line = { level: 1, text: 'never' };
    const changes = [rawChangesIn(set, 'log_line', rawRows([line.level, 1, 0, 0, 0, 65])), impossibleDelete(set)];
    this.#compareStep(setIds, changes, [], [], ({ error }) => assert.equal(error?.name, 'ProtocolError'));
  }

  /** Things changed while there was no connection; some sets are answered later than others. */
  reconnect(mutation: Mutation, late: readonly number[]): void {
    this.server.transact(mutation);
    const live = [...this.server.sets.keys()];
    const early = live.filter((set) => !late.includes(set));
    this.step(
      early,
      early.flatMap((set) => this.server.snapshot(set)),
    );
    const rest = live.filter((set) => late.includes(set));
    this.step(
      rest,
      rest.flatMap((set) => this.server.snapshot(set)),
    );
  }

  pings(bySet: readonly (readonly number[])[]): void {
    this.pinged.length = 0;
    this.step(
      [],
      bySet.flatMap((from, index) =>
        from.length > 0
          ? [
              eventsIn(
                index + 1,
                pings,
                from.map((one) => ({ from: one })),
              ),
            ]
          : [],
      ),
    );
    const most = (value: number): number =>
      Math.max(0, ...bySet.map((from) => from.filter((one) => one === value).length));
    const expected = [7, 8].flatMap((value) => Array.from({ length: most(value) }, () => value));
    assert.deepEqual(
      this.pinged.sort((a, b) => a - b),
      expected,
    );
  }

  /** Somebody reads what nobody has read so far. */
  look(): void {
    const { table, log, lastChanges, lastLineChanges } = this.quiet;
    assert.deepEqual(wordsOf(table.lastBatch.value?.events ?? []), lastChanges);
    assert.deepEqual(wordsOf(log.lastBatch.value?.events ?? []), lastLineChanges);
    assert.deepEqual(normal(table.rows.value), normal(this.rows));
    assert.deepEqual(normal(log.rows.value), normal([...this.logModel.shown.values()]));
    assert.deepEqual(table.rows.value, this.table.rows.value);
    assert.deepEqual(log.rows.value, this.log.rows.value);
  }

  toggle(index: number): void {
    const watchable = this.watchables[index % this.watchables.length];
    const known = this.watchers.get(index);
    if (watchable === undefined) return;
    if (known === undefined) {
      const watcher: Watcher = { runs: 0, seen: undefined, dispose: () => undefined };
      watcher.dispose = effect(() => {
        watcher.runs++;
        watcher.seen = watchable.read();
      });
      this.watchers.set(index, watcher);
    } else {
      known.dispose();
      this.watchers.delete(index);
    }
  }

  #compareStep(
    forget: readonly number[],
    changes: readonly RowChanges[],
    modelForget: readonly number[],
    modelChanges: readonly RowChanges[],
    check: (result: StepResult) => void,
  ): void {
    const rowsBefore = new Map(this.table.rows.value.map((row) => [row.id, row]));
    const linesBefore = new Map(this.log.rows.value.map((row) => [textOf(row), row]));
    const batchBefore = this.table.lastBatch.value;
    const arrayBefore = this.table.rows.value;
    const watchedBefore = [...this.watchers].map(([index, watcher]) => ({
      watcher,
      index,
      runs: watcher.runs,
      value: watcher.seen,
    }));
    this.heard.length = this.heardLines.length = 0;

    const expected = this.model.step(modelForget, modelChanges);
    const expectedLines = this.logModel.step(modelForget, modelChanges);
    check(this.client.perform({ forget, changes }));
    check(this.quiet.server.perform({ forget, changes }));
    if (expected.length > 0) this.quiet.lastChanges = expected;
    if (expectedLines.length > 0) this.quiet.lastLineChanges = expectedLines;

    assert.deepEqual(this.client.errors, []);
    assert.deepEqual(wordsOf(this.heard), expected);
    assert.deepEqual(wordsOf(this.heardLines), expectedLines);
    if (expected.length === 0) {
      assert.equal(this.table.lastBatch.value, batchBefore);
      assert.equal(this.table.rows.value, arrayBefore);
    } else {
      assert.deepEqual(wordsOf(this.table.lastBatch.value?.events ?? []), expected);
    }
    this.#compareRows(rowsBefore, linesBefore);
    for (const { watcher, index, runs, value } of watchedBefore) this.#compareWatcher(watcher, index, runs, value);
    for (const { read, expected: wanted } of this.watchables) assert.deepEqual(normal(read()), normal(wanted()));
    for (const { read, expected: wanted } of this.handles) assert.deepEqual(normal(read()), normal(wanted()));
  }

  #compareRows(rowsBefore: ReadonlyMap<number, Entity>, linesBefore: ReadonlyMap<string, LogLine>): void {
    assert.deepEqual(normal(this.table.rows.value), normal(this.rows));
    for (const row of this.table.rows.value) {
      const before = rowsBefore.get(row.id);
      if (textOf(before) === textOf(row)) assert.equal(row, before);
    }
    for (const row of this.log.rows.value) {
      const before = linesBefore.get(textOf(row));
      if (before !== undefined) assert.equal(row, before);
    }
  }

  /** A watcher ran once when what it sees changed, and not at all otherwise. */
  #compareWatcher(watcher: Watcher, index: number, runsBefore: number, before: unknown): void {
    const expected = this.watchables[index % this.watchables.length]?.expected();
    assert.deepEqual(normal(watcher.seen), normal(expected));
    const isSame = textOf(normal(before)) === textOf(normal(expected));
    assert.equal(watcher.runs - runsBefore, isSame ? 0 : 1);
    if (isSame) assert.equal(watcher.seen, before);
  }

  #makeWatchables(): readonly Watchable[] {
    const { table, log, byId, byRoom, byPlace, byIdSorted, byLevel } = this;
    const having = (isWanted: (row: Entity) => boolean) => () => this.rows.filter(isWanted);
    const one = (id: number) => () => this.rows.find((row) => row.id === id);
    return [
      ...ids.map((id) => ({ read: () => table.row(id).value, expected: one(id) })),
      ...ids.map((id) => ({ read: () => table.find(id), expected: one(id) })),
      ...rooms.map((room) => ({ read: () => byRoom.rows(room).value, expected: having((row) => row.room === room) })),
      ...rooms.map((level) => ({
        read: () => byLevel.filter(level),
        expected: () => [...this.logModel.shown.values()].filter((row) => row.level === level),
      })),
      { read: () => byId.row(3).value, expected: one(3) },
      { read: () => byIdSorted.find(4), expected: one(4) },
      {
        read: () => byIdSorted.filter(range({ after: 1, to: 4 })),
        expected: having((row) => row.id > 1 && row.id <= 4),
      },
      { read: () => byPlace.filter([1]), expected: having((row) => row.room === 1) },
      { read: () => byPlace.filter([1, 'b']), expected: having((row) => row.room === 1 && row.name === 'b') },
      {
        read: () => byPlace.rows([1, range({ from: 'b' })]).value,
        expected: having((row) => row.room === 1 && row.name >= 'b'),
      },
      { read: () => byPlace.filter([range({ before: 2 })]), expected: having((row) => row.room < 2) },
      { read: () => table.rows.value, expected: () => this.rows },
      { read: () => table.count(), expected: () => this.model.shown.size },
      { read: () => log.rows.value, expected: () => [...this.logModel.shown.values()] },
      { read: () => log.count(), expected: () => this.logModel.shown.size },
    ];
  }

  /** Signals that are taken once, and computeds over them, which nobody may be watching. */
  #makeHandles(): readonly Watchable[] {
    const row = this.table.row(1);
    const inRoom = this.byRoom.rows(2);
    const name = computed(() => row.value?.name);
    const names = computed(() => this.byPlace.filter([0]).map((found) => found.name));
    return [
      { read: () => row.value, expected: () => this.model.shown.get('1') },
      { read: () => inRoom.value, expected: () => this.rows.filter((found) => found.room === 2) },
      { read: () => name.value, expected: () => this.model.shown.get('1')?.name },
      // In the order of the index.
      {
        read: () => names.value.join(','),
        expected: () =>
          this.rows
            .filter(({ room }) => room === 0)
            .map((found) => found.name)
            .sort()
            .join(','),
      },
    ];
  }
}

function quietStore(): QuietStore {
  const server = new TestStore();
  const table = createKeyedTable(server.store, entities);
  const log = createPlainTable(server.store, logLines);
  createEventTable(server.store, pings);
  return { server, table, log, lastChanges: [], lastLineChanges: [] };
}

/** Rows of an array in an order that does not depend on who made it. */
function normal(value: unknown): unknown {
  return Array.isArray(value) ? value.map(textOf).sort() : value;
}
