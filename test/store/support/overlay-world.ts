import assert from 'node:assert/strict';
import { effect } from '@preact/signals-core';
import { contextOf, type RowEvent, type StepEvent } from '../../../src/store/event-context.ts';
import { type HashIndex, type KeyedTable, type PlainTable } from '../../../src/store/handles.ts';
import { OptimisticChange } from '../../../src/store/overlay/optimistic-change.ts';
import { type PendingChanges } from '../../../src/store/overlay/pending-changes.ts';
import { type Step } from '../../../src/store/step.ts';
import { createKeyedTable, createPlainTable } from '../../../src/store/table-handles.ts';
import { createHashIndex } from '../../../src/store/table-indexes.ts';
import { impossibleDelete, type ModelQuery, ModelServer, type Mutation, textOf } from './model-server.ts';
import { ModelTable, wordsOf } from './model-table.ts';
import { somebody, TestStore } from './rows.ts';
import { type Entity, entities, type LogLine, logLines } from './tables.ts';

/** What a call of the test predicts. */
export type Prediction =
  | { readonly kind: 'put' | 'drop'; readonly row: Entity }
  | { readonly kind: 'edit'; readonly oldRow: Entity; readonly newRow: Entity }
  | { readonly kind: 'log' | 'unlog'; readonly line: LogLine }
  | { readonly kind: 'relog'; readonly oldLine: LogLine; readonly newLine: LogLine };

/** Something that happens to an {@link OverlayWorld}; `call` picks one of the calls that are under way. */
export type OverlayCommand =
  | { readonly kind: 'transact'; readonly mutation: Mutation }
  | { readonly kind: 'subscribe'; readonly set: number; readonly queries: readonly ModelQuery[] }
  | { readonly kind: 'unsubscribe'; readonly set: number }
  | { readonly kind: 'call'; readonly predictions: readonly Prediction[] }
  | { readonly kind: 'confirm'; readonly call: number; readonly mutation: Mutation | undefined }
  | { readonly kind: 'reject' | 'disagree'; readonly call: number }
  | { readonly kind: 'lose' }
  | { readonly kind: 'reconnect'; readonly mutation: Mutation; readonly late: readonly number[] }
  | { readonly kind: 'watch'; readonly watcher: number };

interface PendingCall {
  readonly predictions: readonly Prediction[];
  readonly pending: PendingChanges;
}

interface Watcher {
  dispose: () => void;
  runs: number;
  seen: unknown;
}

interface Model {
  readonly entities: ReadonlyMap<string, Entity>;
  readonly lines: ReadonlyMap<string, LogLine>;
}

const own = (kind: 'optimistic' | 'rollback'): StepEvent => ({ kind, reducer: 'any', args: {} });

/** The store beside a model that keeps nothing: after each step it replays all pending calls over the rows of the server. */
export class OverlayWorld {
  readonly server: ModelServer = new ModelServer();
  readonly client: TestStore = new TestStore();
  readonly table: KeyedTable<Entity, number> = createKeyedTable(this.client.store, entities);
  readonly log: PlainTable<LogLine> = createPlainTable(this.client.store, logLines);
  readonly byRoom: HashIndex<Entity, number> = createHashIndex(this.table, {
    columnsOf: (row): readonly [number] => [row.room],
  });
  readonly byLevel: HashIndex<LogLine, number> = createHashIndex(this.log, {
    columnsOf: (row): readonly [number] => [row.level],
  });
  readonly base: ModelTable<Entity> = new ModelTable(entities, (row) => row.id);
  readonly baseLines: ModelTable<LogLine> = new ModelTable(logLines, (row) => row);
  calls: readonly PendingCall[] = [];
  readonly heard: RowEvent<Entity>[] = [];
  readonly heardLines: RowEvent<LogLine>[] = [];
  readonly watchers: Map<number, Watcher> = new Map();

  constructor() {
    const hear = (event: RowEvent<Entity>): number => this.heard.push(event);
    const hearLine = (event: RowEvent<LogLine>): number => this.heardLines.push(event);
    this.table.onInsert(hear);
    this.table.onUpdate(hear);
    this.table.onDelete(hear);
    this.log.onInsert(hearLine);
    this.log.onDelete(hearLine);
  }

  run(command: OverlayCommand): void {
    switch (command.kind) {
      case 'transact':
        return this.#step({ changes: this.server.transact(command.mutation) });
      case 'subscribe':
        if (this.server.sets.has(command.set)) return;
        this.server.sets.set(command.set, command.queries);
        return this.#step({ changes: this.server.snapshot(command.set) });
      case 'unsubscribe':
        this.server.sets.delete(command.set);
        return this.#step({ forget: [command.set] });
      case 'call':
        return this.#call(command.predictions);
      case 'confirm':
      case 'reject':
      case 'disagree':
        return this.#answer(command);
      case 'lose':
        return this.#end(this.calls, { context: contextOf(own('rollback')) });
      case 'reconnect':
        return this.#reconnect(command.mutation, command.late);
      case 'watch':
        return this.toggle(command.watcher);
    }
  }

  /** Begins or ends to watch something. */
  toggle(index: number): void {
    const read = this.#readings()[index % this.#readings().length]?.read;
    const known = this.watchers.get(index);
    if (read === undefined) return;
    if (known === undefined) {
      const watcher: Watcher = { runs: 0, seen: undefined, dispose: () => undefined };
      watcher.dispose = effect(() => {
        watcher.runs++;
        watcher.seen = read();
      });
      this.watchers.set(index, watcher);
    } else {
      known.dispose();
      this.watchers.delete(index);
    }
  }

  #call(predictions: readonly Prediction[]): void {
    const pending = this.client.store.prepare(predictions.map((prediction) => this.#changeOf(prediction)));
    const call = { predictions, pending };
    this.#compare({ context: contextOf(own('optimistic')), begin: pending }, () => {
      this.calls = [...this.calls, call];
    });
  }

  #answer(command: Extract<OverlayCommand, { readonly call: number }>): void {
    const call = this.calls[command.call % Math.max(1, this.calls.length)];
    if (call === undefined) return;
    if (command.kind === 'confirm') {
      const mutation = command.mutation ?? mutationOf(call.predictions);
      this.#end([call], { changes: this.server.transact(mutation) });
    } else if (command.kind === 'reject') {
      this.#end([call], {});
    } else {
      this.#end([call], { changes: [impossibleDelete(1)] }, true);
    }
  }

  #end(calls: readonly PendingCall[], step: Partial<Step>, isImpossible = false): void {
    const end = calls.map(({ pending }) => pending);
    const take = (): void => {
      this.calls = this.calls.filter((call) => !calls.includes(call));
    };
    this.#compare({ ...step, end }, take, isImpossible);
  }

  /** Some sets are answered later than others; what was called meanwhile is still under way. */
  #reconnect(mutation: Mutation, late: readonly number[]): void {
    this.server.transact(mutation);
    const live = [...this.server.sets.keys()];
    const answer = (forget: readonly number[]): void =>
      this.#step({ forget, changes: forget.flatMap((set) => this.server.snapshot(set)) });
    answer(live.filter((set) => !late.includes(set)));
    answer(live.filter((set) => late.includes(set)));
  }

  #step(step: Partial<Step>): void {
    this.#compare(step, () => undefined);
  }

  #compare(step: Partial<Step>, changeCalls: () => void, isImpossible = false): void {
    const before = this.#visible();
    const rowsBefore = new Map(this.table.rows.value.map((row) => [textOf(row), row]));
    const linesBefore = new Map(this.log.rows.value.map((row) => [textOf(row), row]));
    const arraysBefore = [this.table.rows.value, this.log.rows.value, this.table.pending.value, this.log.pending.value];
    const readingsBefore = this.#readings().map(({ expected }) => normal(expected()));
    const runsBefore = new Map([...this.watchers].map(([index, { runs }]) => [index, runs]));
    this.heard.length = this.heardLines.length = 0;

    changeCalls();
    if (!isImpossible) {
      this.base.step(step.forget ?? [], step.changes ?? []);
      this.baseLines.step(step.forget ?? [], step.changes ?? []);
    }
    const result = this.client.perform(step);
    if (isImpossible) assert.equal(result.error?.name, 'ProtocolError');
    else this.client.expectFine(result);

    const after = this.#visible();
    assert.deepEqual(this.client.errors, []);
    assert.deepEqual(wordsOf(this.heard), differences(before.entities, after.entities));
    assert.deepEqual(wordsOf(this.heardLines), differences(before.lines, after.lines));
    for (const { context } of [...this.heard, ...this.heardLines]) assert.equal(context, step.context ?? somebody);
    assert.deepEqual(normal(this.table.rows.value), normal([...after.entities.values()]));
    assert.deepEqual(normal([...this.table.iter()]), normal([...after.entities.values()]));
    assert.deepEqual(normal(this.log.rows.value), normal([...after.lines.values()]));
    for (const row of this.table.rows.value) {
      assert.equal(row, rowsBefore.get(textOf(row)) ?? row);
      assert.equal(row, this.table.find(row.id));
    }
    for (const row of this.log.rows.value) assert.equal(row, linesBefore.get(textOf(row)) ?? row);
    const arrays = [this.table.rows.value, this.log.rows.value, this.table.pending.value, this.log.pending.value];
    for (const [index, array] of arrays.entries()) {
      const isSame = textOf(normal([...array])) === textOf(normal([...(arraysBefore[index] ?? [])]));
      if (isSame && index >= 2) assert.equal(array, arraysBefore[index]);
    }
    if (this.heard.length === 0) assert.equal(arrays[0], arraysBefore[0]);
    for (const [index, { read, expected }] of this.#readings().entries()) {
      assert.deepEqual(normal(read()), normal(expected()));
      const isSame = textOf(readingsBefore[index]) === textOf(normal(expected()));
      for (const [number, watcher] of this.watchers) {
        if (number % this.#readings().length !== index) continue;
        assert.equal(watcher.runs - (runsBefore.get(number) ?? 0), isSame ? 0 : 1);
        assert.deepEqual(normal(watcher.seen), normal(expected()));
      }
    }
  }

  #readings(): readonly { readonly read: () => unknown; readonly expected: () => unknown }[] {
    const rows = (): readonly Entity[] => [...this.#visible().entities.values()];
    const lines = (): readonly LogLine[] => [...this.#visible().lines.values()];
    return [
      ...[0, 1, 2, 3].map((id) => ({
        read: () => this.table.row(id).value,
        expected: () => rows().find((row) => row.id === id),
      })),
      ...[0, 1, 2].map((room) => ({
        read: () => this.byRoom.rows(room).value,
        expected: () => rows().filter((row) => row.room === room),
      })),
      { read: () => this.byLevel.filter(1), expected: () => lines().filter((line) => line.level === 1) },
      { read: () => this.table.rows.value, expected: rows },
      { read: () => this.table.count(), expected: () => rows().length },
      { read: () => this.log.rows.value, expected: lines },
      { read: () => this.log.count(), expected: () => lines().length },
      { read: () => [...this.table.pending.value], expected: () => this.#pendingIds() },
      { read: () => [...this.log.pending.value], expected: () => this.#pendingLines() },
    ];
  }

  /** Everything from scratch: the rows of the server, then each call in order. */
  #visible(): Model {
    const byId = new Map(this.base.shown);
    const lines = new Map(this.baseLines.shown);
    for (const prediction of this.calls.flatMap((call) => call.predictions)) {
      switch (prediction.kind) {
        case 'put':
          byId.set(textOf(prediction.row.id), prediction.row);
          break;
        case 'drop':
          byId.delete(textOf(prediction.row.id));
          break;
        case 'edit':
          edit(byId, prediction.oldRow, prediction.newRow);
          break;
        case 'log':
          lines.set(textOf(prediction.line), prediction.line);
          break;
        case 'unlog':
          lines.delete(textOf(prediction.line));
          break;
        case 'relog':
          if (textOf(prediction.oldLine) === textOf(prediction.newLine)) break;
          lines.delete(textOf(prediction.oldLine));
          lines.set(textOf(prediction.newLine), prediction.newLine);
          break;
      }
    }
    return { entities: byId, lines };
  }

  #pendingIds(): readonly number[] {
    const ids = this.calls
      .flatMap((call) => call.predictions)
      .flatMap((prediction) => {
        if (prediction.kind === 'put' || prediction.kind === 'drop') return [prediction.row.id];
        if (prediction.kind !== 'edit' || textOf(prediction.oldRow) === textOf(prediction.newRow)) return [];
        return [prediction.oldRow.id, prediction.newRow.id];
      });
    return [...new Set(ids)];
  }

  #pendingLines(): readonly LogLine[] {
    const lines = this.calls
      .flatMap((call) => call.predictions)
      .flatMap((prediction) => {
        if (prediction.kind === 'log' || prediction.kind === 'unlog') return [prediction.line];
        if (prediction.kind !== 'relog' || textOf(prediction.oldLine) === textOf(prediction.newLine)) return [];
        return [prediction.oldLine, prediction.newLine];
      });
    return [...new Map(lines.map((line) => [textOf(line), line])).values()];
  }

  #changeOf(prediction: Prediction): OptimisticChange {
    switch (prediction.kind) {
      case 'put':
        return OptimisticChange.insertRow(this.table, prediction.row);
      case 'drop':
        return OptimisticChange.deleteRow(this.table, prediction.row);
      case 'edit':
        return OptimisticChange.updateRow(this.table, prediction.oldRow, prediction.newRow);
      case 'log':
        return OptimisticChange.insertRow(this.log, prediction.line);
      case 'unlog':
        return OptimisticChange.delete('log_line', prediction.line);
      case 'relog':
        return OptimisticChange.update('log_line', prediction.oldLine, prediction.newLine);
    }
  }
}

function edit(byId: Map<string, Entity>, oldRow: Entity, newRow: Entity): void {
  const key = textOf(newRow.id);
  if (oldRow.id !== newRow.id) {
    byId.delete(textOf(oldRow.id));
    byId.set(key, newRow);
    return;
  }
  const row = byId.get(key);
  if (row === undefined) return;
  const name = oldRow.name === newRow.name ? row.name : newRow.name;
  const room = oldRow.room === newRow.room ? row.room : newRow.room;
  byId.set(key, { id: row.id, room, name });
}

/** What a server does that does as predicted, as far as that can be said without its rows. */
function mutationOf(predictions: readonly Prediction[]): Mutation {
  const put = predictions.flatMap((prediction) => {
    if (prediction.kind === 'put') return [prediction.row];
    return prediction.kind === 'edit' ? [prediction.newRow] : [];
  });
  const remove = predictions.flatMap((prediction) => (prediction.kind === 'drop' ? [prediction.row.id] : []));
  return { put, remove, toggle: predictions.flatMap((one) => (one.kind === 'log' ? [one.line] : [])) };
}

function differences(before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((key) => [textOf(before.get(key)), textOf(after.get(key))] as const)
    .filter(([from, to]) => from !== to)
    .map(([from, to]) => `${from} > ${to}`)
    .sort();
}

/** Things in an order that does not depend on who made it. */
function normal(value: unknown): unknown {
  return Array.isArray(value) ? value.map(textOf).sort() : value;
}
