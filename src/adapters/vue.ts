/**
 * For Vue 3.4 and later. A composable is given what it is to show: a table, an index, a signal or the client; keys and queries may be refs or getters. What
 * it returns are refs, whose rows stay as they are: nothing is made reactive in depth.
 */
import { type ReadonlySignal } from '@preact/signals-core';
import {
  computed,
  type ComputedRef,
  getCurrentInstance,
  type MaybeRefOrGetter,
  onBeforeMount,
  shallowRef,
  toValue,
  watchEffect,
} from 'vue';
import { type Client, type ConnectionState, type EventTable, isSubscribed, type SyncState } from '../index.ts';
import { type Callable, Calls, type CallState } from './shared/calls.ts';
import { type MaybeGetter, valueOf } from './shared/maybe-getter.ts';
import { type Readiness, readinessOf } from './shared/readiness.ts';
import { keyOfQueries, type Queries, shareKey, type SubscriptionOptions } from './shared/sharing.ts';
import { type RowByKey, type RowsByKey, rowSignal, rowsSignal, type RowsSource } from './shared/sources.ts';
import { watchFromNow } from './shared/watch.ts';

export type * from './shared/vocabulary.ts';

/** The same properties, each as a ref. */
export type Refs<T> = { readonly [Name in keyof T]: ComputedRef<T[Name]> };

/** The value of the signal that a getter names at the time. */
export function useSignalValue<T>(source: () => ReadonlySignal<T>): ComputedRef<T>;
/** The value of any signal. */
export function useSignalValue<T>(source: ReadonlySignal<T>): ComputedRef<T>;
export function useSignalValue<T>(source: MaybeGetter<ReadonlySignal<T>>): ComputedRef<T> {
  const signal = computed(() => valueOf(source));
  const changes = shallowRef(0);
  whileMounted(() => watchFromNow(signal.value, () => changes.value++));
  return computed(() => {
    void changes.value;
    return signal.value.peek();
  });
}

/**
 * Runs `start` for a component from when it is mounted, and anew whenever what it reads changes; what it returns ends it. A server mounts nothing. Outside of
 * components it runs at once, for as long as the effect scope.
 */
function whileMounted(start: () => () => void): void {
  const begin = (): void => void watchEffect((onCleanup) => onCleanup(start()), { flush: 'sync' });
  if (getCurrentInstance() === null) begin();
  else onBeforeMount(begin);
}

/** All rows of a table or a view. The array is another one whenever a row is. */
export function useRows<Row>(table: RowsSource<Row>): ComputedRef<readonly Row[]>;
/** The rows that an index has for a key; none while the key is `undefined`. */
export function useRows<Row, const Key>(
  index: RowsByKey<Row, Key>,
  key: MaybeRefOrGetter<Key | undefined>,
): ComputedRef<readonly Row[]>;
export function useRows<Row, Key>(
  source: RowsSource<Row> | RowsByKey<Row, Key>,
  key?: MaybeRefOrGetter<Key | undefined>,
): ComputedRef<readonly Row[]> {
  return useSignalValue(() => rowsSignal(source, toValue(key)));
}

/** The row of a key, by the primary key of a table or by a unique index; `undefined` while there is none, or the key is `undefined`. */
export function useRow<Row, const Key>(
  source: RowByKey<Row, Key>,
  key: MaybeRefOrGetter<Key | undefined>,
): ComputedRef<Row | undefined> {
  return useSignalValue(() => rowSignal(source, toValue(key)));
}

/** How the connection stands. */
export function useConnectionState(client: Client): ComputedRef<ConnectionState> {
  return useSignalValue(client.connection.state);
}

/** How the offline queue stands: how many calls wait, what went wrong, when it is tried again. */
export function useSyncState(client: Client): ComputedRef<SyncState> {
  return useSignalValue(client.syncState);
}

/** Whether the first rows of a table are here, whoever subscribed to it. Once true it stays true. */
export function useReady(table: EventTable<unknown>): ComputedRef<boolean> {
  return useSignalValue(isSubscribed(table));
}

/**
 * Subscribes for as long as the component is mounted. Components that want the same queries share one query set, and one that is mounted again within
 * `lingerMs` finds it still there. A server subscribes to nothing.
 */
export function useSubscription(
  client: Client,
  queries: MaybeRefOrGetter<Queries>,
  { lingerMs }: SubscriptionOptions = {},
): Refs<Readiness> {
  const key = computed(() => keyOfQueries(toValue(queries)));
  whileMounted(() => shareKey(client, key.value, lingerMs));
  const readiness = useSignalValue(() => readinessOf(client, key.value));
  return { isReady: computed(() => readiness.value.isReady), error: computed(() => readiness.value.error) };
}

/**
 * A reducer, a procedure, or a function that calls one with optimistic changes, with how its calls stand. The promise of `call` need not be handled: what it
 * rejects with is `error`.
 */
export function useCall<Args extends readonly unknown[], Result>(
  callable: Callable<Args, Result>,
): Refs<CallState<Result>> & { readonly call: Callable<Args, Result> } {
  const calls = new Calls<Result>();
  const state = useSignalValue(calls.state);
  return {
    call: calls.of(callable),
    isPending: computed(() => state.value.isPending),
    isQueued: computed(() => state.value.isQueued),
    error: computed(() => state.value.error),
    result: computed(() => state.value.result),
  };
}
