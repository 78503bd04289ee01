/**
 * For React 18 and 19. A hook is given what it is to show: a table, an index, a signal or the client. There is no provider, and an app may have several
 * clients. Components render at most once per transaction, and only where something changed that they read.
 */
import { type ReadonlySignal } from '@preact/signals-core';
import { type DependencyList, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { type Client, type ConnectionState, type EventTable, isSubscribed, type SyncState } from '../index.ts';
import { type Call, type Callable, Calls } from './shared/calls.ts';
import { type Readiness, readinessOf } from './shared/readiness.ts';
import { keyOfQueries, type Queries, shareKey, type SubscriptionOptions, untilAnswered } from './shared/sharing.ts';
import { type RowByKey, type RowsByKey, rowSignal, rowsSignal, type RowsSource } from './shared/sources.ts';
import { stableComputed } from './shared/stable-computed.ts';
import { watch } from './shared/watch.ts';

export { sameItems } from './shared/stable-computed.ts';
export type * from './shared/vocabulary.ts';

type Subscribe = (onChange: () => void) => () => void;

/** React subscribes anew whenever it is given another function, so every signal keeps its own. */
const subscribes = /*@__PURE__*/ new WeakMap<ReadonlySignal<unknown>, Subscribe>();

function subscribeOf(source: ReadonlySignal<unknown>): Subscribe {
  const subscribe = subscribes.get(source) ?? ((onChange) => watch(source, onChange));
  subscribes.set(source, subscribe);
  return subscribe;
}

/** The value of any signal. Servers, and pages while they are hydrated, read the present value too. */
export function useSignalValue<T>(source: ReadonlySignal<T>): T {
  const read = (): T => source.peek();
  return useSyncExternalStore(subscribeOf(source), read, read);
}

/**
 * What `compute` makes of the signals that it reads. The component renders when that is another value, which `isEqual` decides. `deps` are what else
 * `compute` uses, as in `useMemo`.
 */
export function useComputedValue<T>(
  compute: () => T,
  deps: DependencyList,
  isEqual?: (left: T, right: T) => boolean,
): T {
  return useSignalValue(useMemo(() => stableComputed(compute, isEqual), deps));
}

/** All rows of a table or a view. The array is another one whenever a row is. */
export function useRows<Row>(table: RowsSource<Row>): readonly Row[];
/** The rows that an index has for a key; none while the key is `undefined`. */
export function useRows<Row, Key>(index: RowsByKey<Row, Key>, key: NoInfer<Key> | undefined): readonly Row[];
export function useRows<Row, Key>(source: RowsSource<Row> | RowsByKey<Row, Key>, key?: Key): readonly Row[] {
  return useSignalValue(useMemo(() => rowsSignal(source, key), [source, key]));
}

/** The row of a key, by the primary key of a table or by a unique index; `undefined` while there is none, or the key is `undefined`. */
export function useRow<Row, Key>(source: RowByKey<Row, Key>, key: NoInfer<Key> | undefined): Row | undefined {
  return useSignalValue(useMemo(() => rowSignal(source, key), [source, key]));
}

/** How the connection stands. */
export function useConnectionState(client: Client): ConnectionState {
  return useSignalValue(client.connection.state);
}

/** How the offline queue stands: how many calls wait, what went wrong, when it is tried again. */
export function useSyncState(client: Client): SyncState {
  return useSignalValue(client.syncState);
}

/** Whether the first rows of a table are here, whoever subscribed to it. Once true it stays true. */
export function useReady(table: EventTable<unknown>): boolean {
  return useSignalValue(isSubscribed(table));
}

/** How a component of React subscribes. */
export interface UseSubscriptionOptions extends SubscriptionOptions {
  /**
   * Whether to suspend until the rows are here; a subscription that fails throws its error then, for an error boundary. What was given up before it was
   * mounted stays subscribed until a while after the answer.
   */
  readonly suspense?: boolean;
}

/**
 * Subscribes for as long as the component is mounted. Components that want the same queries share one query set, and one that is mounted again within
 * `lingerMs` finds it still there. Queries may be written down anew with every render. A server subscribes to nothing, unless `suspense` is set.
 */
export function useSubscription(
  client: Client,
  queries: Queries,
  { lingerMs, suspense = false }: UseSubscriptionOptions = {},
): Readiness {
  const key = keyOfQueries(queries);
  const readiness = useSignalValue(useMemo(() => readinessOf(client, key), [client, key]));
  useEffect(() => shareKey(client, key, lingerMs), [client, key, lingerMs]);
  if (suspense && readiness.error !== undefined) throw readiness.error;
  // React takes a promise that is thrown for a wish to wait.
  if (suspense && !readiness.isReady && key !== undefined) throw untilAnswered(client, key, lingerMs);
  return readiness;
}

/**
 * A reducer, a procedure, or a function that calls one with optimistic changes, with how its calls stand. `call` keeps its identity as long as what was
 * given does.
 */
export function useCall<Args extends readonly unknown[], Result>(callable: Callable<Args, Result>): Call<Args, Result> {
  const [calls] = useState(() => new Calls<Result>());
  const call = useMemo(() => calls.of(callable), [calls, callable]);
  return { ...useSignalValue(calls.state), call };
}
