/**
 * For Solid 1. A hook is given what it is to show: a table, an index, a signal or the client; keys and queries may be accessors. Give the client
 * {@link wrapCommit}, and every transaction makes one update of Solid: what depends on several changed values runs once.
 */
import { type ReadonlySignal } from '@preact/signals-core';
import { type Accessor, batch, createEffect, createMemo, createSignal, onCleanup } from 'solid-js';
import { isServer } from 'solid-js/web';
import { type Client, type ConnectionState, type EventTable, isSubscribed, type SyncState } from '../index.ts';
import { type Call, type Callable, Calls, liveCall } from './shared/calls.ts';
import { isGetter, type MaybeGetter, valueOf } from './shared/maybe-getter.ts';
import { liveReadiness, type Readiness, readinessOf } from './shared/readiness.ts';
import { keyOfQueries, type Queries, shareKey, type SubscriptionOptions } from './shared/sharing.ts';
import { type RowByKey, type RowsByKey, rowSignal, rowsSignal, type RowsSource } from './shared/sources.ts';
import { watch } from './shared/watch.ts';

export type * from './shared/vocabulary.ts';

/** The client option of this name for an app of Solid. */
export function wrapCommit(run: () => void): void {
  batch(run);
}

/** The value of the signal that an accessor names at the time. */
export function useSignalValue<T>(source: () => ReadonlySignal<T>): Accessor<T>;
/** The value of any signal. */
export function useSignalValue<T>(source: ReadonlySignal<T>): Accessor<T>;
export function useSignalValue<T>(source: MaybeGetter<ReadonlySignal<T>>): Accessor<T> {
  if (!isGetter(source)) return follow(source);
  const followed = createMemo(() => follow(source()));
  return () => followed()();
}

/** The value of a signal until its owner is cleaned up, which a server does not do. */
function follow<T>(source: ReadonlySignal<T>): Accessor<T> {
  if (isServer) return () => source.peek();
  const [track, change] = createSignal(undefined, { equals: false });
  onCleanup(watch(source, () => change(undefined)));
  return () => {
    track();
    return source.peek();
  };
}

/** All rows of a table or a view. The array is another one whenever a row is. */
export function useRows<Row>(table: RowsSource<Row>): Accessor<readonly Row[]>;
/** The rows that an index has for a key; none while the key is `undefined`. */
export function useRows<Row, const Key>(
  index: RowsByKey<Row, Key>,
  key: MaybeGetter<Key | undefined>,
): Accessor<readonly Row[]>;
export function useRows<Row, Key>(
  source: RowsSource<Row> | RowsByKey<Row, Key>,
  key?: MaybeGetter<Key | undefined>,
): Accessor<readonly Row[]> {
  return useSignalValue(() => rowsSignal(source, valueOf(key)));
}

/** The row of a key, by the primary key of a table or by a unique index; `undefined` while there is none, or the key is `undefined`. */
export function useRow<Row, const Key>(
  source: RowByKey<Row, Key>,
  key: MaybeGetter<Key | undefined>,
): Accessor<Row | undefined> {
  return useSignalValue(() => rowSignal(source, valueOf(key)));
}

/** How the connection stands. */
export function useConnectionState(client: Client): Accessor<ConnectionState> {
  return useSignalValue(client.connection.state);
}

/** How the offline queue stands: how many calls wait, what went wrong, when it is tried again. */
export function useSyncState(client: Client): Accessor<SyncState> {
  return useSignalValue(client.syncState);
}

/** Whether the first rows of a table are here, whoever subscribed to it. Once true it stays true. */
export function useReady(table: EventTable<unknown>): Accessor<boolean> {
  return useSignalValue(isSubscribed(table));
}

/**
 * Subscribes for as long as its owner lives. Components that want the same queries share one query set, and one that is there again within `lingerMs` finds
 * it still there. A server subscribes to nothing. The properties of the result are tracked where they are read; do not destructure it.
 */
export function useSubscription(
  client: Client,
  queries: MaybeGetter<Queries>,
  { lingerMs }: SubscriptionOptions = {},
): Readiness {
  const key = createMemo(() => keyOfQueries(valueOf(queries)));
  createEffect(() => onCleanup(shareKey(client, key(), lingerMs)));
  return liveReadiness(useSignalValue(() => readinessOf(client, key())));
}

/**
 * A reducer, a procedure, or a function that calls one with optimistic changes, with how its calls stand. The properties of the result are tracked where they are read; do not destructure it.
 */
export function useCall<Args extends readonly unknown[], Result>(callable: Callable<Args, Result>): Call<Args, Result> {
  const calls = new Calls<Result>();
  return liveCall(useSignalValue(calls.state), calls.of(callable));
}
