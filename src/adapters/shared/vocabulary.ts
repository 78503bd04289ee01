export type { Call, Callable, CallState } from './calls.ts';
export type { MaybeGetter } from './maybe-getter.ts';
export type { Readiness } from './readiness.ts';
export type { Queries, SubscriptionOptions } from './sharing.ts';
export type { RowByKey, RowsByKey, RowsSource } from './sources.ts';
