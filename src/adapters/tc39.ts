/** For the signals of the TC39 proposal, by its polyfill, and for whatever is built on those. */
import { type ReadonlySignal } from '@preact/signals-core';
import { Signal } from 'signal-polyfill';
import { watch } from './shared/watch.ts';

/** A signal of the proposal that is only read. */
export interface Tc39Signal<T> {
  /** The value; tracked by whatever of the proposal reads it. */
  get(): T;
}

/** How long a bridge stays. */
export interface BridgeOptions {
  /** An abort ends it: what tracks the signal hears of no change any more. By default it ends when nobody has the signal any more. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A signal of the proposal with the value of any signal of a client: `Signal.Computed` and watchers track it like their own, and one transaction notifies a
 * watcher once. It follows from here on, whether it is watched or not, because the proposal would have it keep an old value otherwise; so the source stays watched.
 */
export function toTc39Signal<T>(source: ReadonlySignal<T>, { signal }: BridgeOptions = {}): Tc39Signal<T> {
  const changes = new Signal.State(0);
  const end = follow(source, new WeakRef(changes), signal);
  endings ??= new FinalizationRegistry((endOfOne) => endOfOne());
  endings.register(changes, end);
  return new Signal.Computed(() => {
    changes.get();
    return source.peek();
  });
}

let endings: FinalizationRegistry<() => void> | undefined;

/** Tells of each change of `source`, until the function that it returns is called. What is followed must not keep alive what follows it, hence the reference. */
function follow(
  source: ReadonlySignal<unknown>,
  changes: WeakRef<Signal.State<number>>,
  signal: AbortSignal | undefined,
): () => void {
  let count = 0;
  const stop = watch(source, () => changes.deref()?.set(++count));
  const end = (): void => {
    stop();
    signal?.removeEventListener('abort', end);
  };
  signal?.addEventListener('abort', end);
  if (signal?.aborted === true) end();
  return end;
}
