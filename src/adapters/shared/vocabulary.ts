import { type ReadonlySignal } from '@preact/signals-core';
import { type Query } from '../../index.ts';

/** Whose rows can be shown: a table or a view of a client. */
export interface RowsSource<Row> {
  /** The rows, as a signal. */
  readonly rows: ReadonlySignal<readonly Row[]>;
}

/** What answers a key with one row: a table with a primary key, a unique index. */
export interface RowByKey<Row, Key> {
  /** The row of the key, as a signal. */
  row(key: Key): ReadonlySignal<Row | undefined>;
}

/** What answers a key with rows: an index. Of an ordered one a key may be a range, or the first of several columns. */
export interface RowsByKey<Row, Key> {
  /** The rows of the key, as a signal. */
  rows(key: Key): ReadonlySignal<readonly Row[]>;
}

/** What a component subscribes to; `undefined` while it does not know yet, and then it is not ready. */
export type Queries = Query | readonly Query[] | undefined;

/** How a component subscribes. */
export interface SubscriptionOptions {
  /**
   * How long the query set outlives the last component that wants it, in milliseconds, so that one that comes back in time finds its rows and nothing is
   * asked again. Default 1,000.
   */
  readonly lingerMs?: number | undefined;
}

/** How the subscription of a component stands. */
export interface Readiness {
  /** Whether its rows are in the tables. It stays true while the connection is lost and comes back, because the rows stay too. */
  readonly isReady: boolean;
  /** Why there are no rows and none are expected: the server refused the queries, or the rows do not fit the generated code, or they are late. */
  readonly error: Error | undefined;
}

/** A reducer, a procedure, or any function that calls one. */
export type Callable<Args extends readonly unknown[], Result> = (...args: Args) => Promise<Result>;

/** How the calls of a component stand. */
export interface CallState<Result> {
  /** Whether a call is on its way. */
  readonly isPending: boolean;
  /** Whether a call waits in the offline queue for a connection. */
  readonly isQueued: boolean;
  /** What the last call failed with; the next one clears it. */
  readonly error: Error | undefined;
  /** What the last call that succeeded came to. */
  readonly result: Result | undefined;
}

/** A reducer, or whatever else was given to `useCall`, with how its calls stand. */
export interface Call<Args extends readonly unknown[], Result> extends CallState<Result> {
  /** Makes a call. The promise need not be handled: what it rejects with is `error`. */
  readonly call: Callable<Args, Result>;
}

/** A value, or a function that gives the value at the time and that a framework tracks. */
export type MaybeGetter<T> = T | (() => T);
