/**
 * For Svelte 5.7 and later. A function is given what it is to show: a table, an index, a signal or the client; keys and queries may be getters, so that they
 * may depend on runes. What it returns is a store (`$rows`) and has `current` for runes (`rows.current`). Any signal of a client is a store by itself, in Svelte 4 too.
 */
import { type ReadonlySignal } from '@preact/signals-core';
import { onMount } from 'svelte';
import { createSubscriber } from 'svelte/reactivity';
import { type Readable, toStore } from 'svelte/store';
import { type Client, type ConnectionState, type EventTable, isSubscribed, type SyncState } from '../index.ts';
import { type Call, type Callable, Calls, type CallState, liveCall } from './shared/calls.ts';
import { isGetter, type MaybeGetter, valueOf } from './shared/maybe-getter.ts';
import { liveReadiness, type Readiness, readinessOf } from './shared/readiness.ts';
import { keyOfQueries, type Queries, shareKey, type SubscriptionOptions } from './shared/sharing.ts';
import { type RowByKey, type RowsByKey, rowSignal, rowsSignal, type RowsSource } from './shared/sources.ts';
import { watch, watchFromNow } from './shared/watch.ts';

export type * from './shared/vocabulary.ts';

/** A value that changes: a store, and for runes its present value. */
export interface Current<T> extends Readable<T> {
  /** The present value; tracked where Svelte tracks. */
  readonly current: T;
}

/** One for every signal, so that all who read it share one watcher. */
const trackers = /*@__PURE__*/ new WeakMap<ReadonlySignal<unknown>, () => void>();

/** Has Svelte run whatever is running at present again when the signal changes. */
function track(source: ReadonlySignal<unknown>): void {
  const tracker = trackers.get(source) ?? createSubscriber((update) => watch(source, update));
  trackers.set(source, tracker);
  tracker();
}

/** The value of the signal that a getter names at the time. */
export function useSignalValue<T>(source: () => ReadonlySignal<T>): Current<T>;
/** The value of any signal. */
export function useSignalValue<T>(source: ReadonlySignal<T>): Current<T>;
export function useSignalValue<T>(source: MaybeGetter<ReadonlySignal<T>>): Current<T> {
  return {
    get current() {
      const signal = valueOf(source);
      track(signal);
      return signal.peek();
    },
    subscribe: (run) => each(source, (signal) => watchFromNow(signal, () => run(signal.peek()))),
  };
}

/** Runs `start` for what a getter gives, and anew for whatever else it gives later; what it returns ends it. */
function each<T>(source: MaybeGetter<T>, start: (value: T) => () => void): () => void {
  if (!isGetter(source)) return start(source);
  let stop = (): void => undefined;
  const end = toStore(source).subscribe((value) => {
    const stopLast = stop;
    stop = start(value);
    stopLast();
  });
  return () => {
    end();
    stop();
  };
}

/** All rows of a table or a view. The array is another one whenever a row is. */
export function useRows<Row>(table: RowsSource<Row>): Current<readonly Row[]>;
/** The rows that an index has for a key; none while the key is `undefined`. */
export function useRows<Row, const Key>(
  index: RowsByKey<Row, Key>,
  key: MaybeGetter<Key | undefined>,
): Current<readonly Row[]>;
export function useRows<Row, Key>(
  source: RowsSource<Row> | RowsByKey<Row, Key>,
  key?: MaybeGetter<Key | undefined>,
): Current<readonly Row[]> {
  return useSignalValue(() => rowsSignal(source, valueOf(key)));
}

/** The row of a key, by the primary key of a table or by a unique index; `undefined` while there is none, or the key is `undefined`. */
export function useRow<Row, const Key>(
  source: RowByKey<Row, Key>,
  key: MaybeGetter<Key | undefined>,
): Current<Row | undefined> {
  return useSignalValue(() => rowSignal(source, valueOf(key)));
}

/** How the connection stands. */
export function useConnectionState(client: Client): Current<ConnectionState> {
  return useSignalValue(client.connection.state);
}

/** How the offline queue stands: how many calls wait, what went wrong, when it is tried again. */
export function useSyncState(client: Client): Current<SyncState> {
  return useSignalValue(client.syncState);
}

/** Whether the first rows of a table are here, whoever subscribed to it. Once true it stays true. */
export function useReady(table: EventTable<unknown>): Current<boolean> {
  return useSignalValue(isSubscribed(table));
}

/**
 * Subscribes for as long as the component is mounted; to be called while it is made. Components that want the same queries share one query set, and one that
 * is mounted again within `lingerMs` finds it still there. A server subscribes to nothing.
 */
export function useSubscription(
  client: Client,
  queries: MaybeGetter<Queries>,
  { lingerMs }: SubscriptionOptions = {},
): Readiness & Readable<Readiness> {
  const key = (): string | undefined => keyOfQueries(valueOf(queries));
  onMount(() => each(key, (text) => shareKey(client, text, lingerMs)));
  const readiness = useSignalValue(() => readinessOf(client, key()));
  return Object.assign(
    liveReadiness(() => readiness.current),
    { subscribe: readiness.subscribe },
  );
}

/** A reducer, a procedure, or a function that calls one with optimistic changes, with how its calls stand. */
export function useCall<Args extends readonly unknown[], Result>(
  callable: Callable<Args, Result>,
): Call<Args, Result> & Readable<CallState<Result>> {
  const calls = new Calls<Result>();
  const state = useSignalValue(calls.state);
  const call = liveCall(() => state.current, calls.of(callable));
  return Object.assign(call, { subscribe: state.subscribe });
}
