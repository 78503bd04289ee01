/**
 * For Preact 10 and 11, by its hooks alone. A hook is given what it is to show: a table, an index, a signal or the client. Components render at most once
 * per transaction, and only where something changed that they read. Beside it `@preact/signals` renders the same signals without hooks.
 */
import { type ReadonlySignal } from '@preact/signals-core';
import { type Inputs, useEffect, useLayoutEffect, useMemo, useReducer, useRef, useState } from 'preact/hooks';
import { type Client, type ConnectionState, type EventTable, isSubscribed, type SyncState } from '../index.ts';
import { type Call, type Callable, Calls } from './shared/calls.ts';
import { type Readiness, readinessOf } from './shared/readiness.ts';
import { keyOfQueries, type Queries, shareKey, type SubscriptionOptions } from './shared/sharing.ts';
import { type RowByKey, type RowsByKey, rowSignal, rowsSignal, type RowsSource } from './shared/sources.ts';
import { stableComputed } from './shared/stable-computed.ts';
import { watchFromNow } from './shared/watch.ts';

export { sameItems } from './shared/stable-computed.ts';
export type * from './shared/vocabulary.ts';

/** The value of any signal. A server reads the present value too. */
export function useSignalValue<T>(source: ReadonlySignal<T>): T {
  const [, render] = useReducer((count: number) => count + 1, 0);
  const value = source.peek();
  const shown = useRef(value);
  shown.current = value;
  useLayoutEffect(() => {
    return watchFromNow(source, () => {
      if (!isShown(source, shown.current)) render(undefined);
    });
  }, [source]);
  return value;
}

/** Whether rendering again would show nothing new; a signal that throws now does so in the component then. */
function isShown<T>(source: ReadonlySignal<T>, shown: T): boolean {
  try {
    return Object.is(source.peek(), shown);
  } catch {
    return false;
  }
}

/**
 * What `compute` makes of the signals that it reads. The component renders when that is another value, which `isEqual` decides. `deps` are what else
 * `compute` uses, as in `useMemo`.
 */
export function useComputedValue<T>(compute: () => T, deps: Inputs, isEqual?: (left: T, right: T) => boolean): T {
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

/**
 * Subscribes for as long as the component is mounted. Components that want the same queries share one query set, and one that is mounted again within
 * `lingerMs` finds it still there. Queries may be written down anew with every render. A server subscribes to nothing.
 */
export function useSubscription(client: Client, queries: Queries, { lingerMs }: SubscriptionOptions = {}): Readiness {
  const key = keyOfQueries(queries);
  const readiness = useMemo(() => readinessOf(client, key), [client, key]);
  useEffect(() => shareKey(client, key, lingerMs), [client, key, lingerMs]);
  return useSignalValue(readiness);
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
