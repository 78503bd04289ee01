import { type ReadonlySignal, type Signal, signal } from '@preact/signals-core';
import { type ListenerOptions, Listeners, type Unsubscribe } from '../listeners.ts';
import { type Batch, type EventContext, type RowEvent } from './event-context.ts';
import { type EventSource, StepBatch } from './table-diff.ts';

/** What the announcements of a table need to know of the steps. */
export interface StepClock {
  /** The number of the last step, counting the one under way. */
  readonly stepNumber: number;
  readonly onError: (error: unknown) => void;
}

/** Who wants to hear what happens to one table, and what happened last. */
export class TableEvents<Row> {
  readonly #clock: StepClock;
  readonly #listeners: Listeners<RowEvent<Row>>;
  readonly #lastBatch: Signal<StepBatch<Row> | undefined> = signal(undefined);
  /** Whether anybody may hold a batch. */
  #isAskedFor = false;

  constructor(clock: StepClock) {
    this.#clock = clock;
    this.#listeners = new Listeners(clock.onError);
  }

  get lastBatch(): ReadonlySignal<Batch<Row> | undefined> {
    this.#isAskedFor = true;
    return this.#lastBatch;
  }

  /** Calls `listener` with every event. Who comes during a step hears of later ones only. */
  on(listener: (event: RowEvent<Row>) => void, options: ListenerOptions | undefined): Unsubscribe {
    const since = this.#clock.stepNumber;
    return this.#listeners.add((event) => {
      if (this.#clock.stepNumber > since) listener(event);
    }, options);
  }

  /** Calls the listeners of a step, and returns its batch. */
  announce(context: EventContext, source: EventSource<Row>): StepBatch<Row> {
    const batch = new StepBatch(context, source);
    if (this.isHeard) for (const event of batch.events) this.#listeners.notify(event);
    return batch;
  }

  /** Whether anybody listens. */
  get isHeard(): boolean {
    return !this.#listeners.isEmpty;
  }

  /**
   * The rows are about to change. Whoever holds the last batch may still ask it for what they were, and so may listeners, which are called
   * before the next batch is written; with `isNeeded` it is made in any case.
   */
  settleBatch(isNeeded: boolean): void {
    if (this.#isAskedFor || isNeeded) void this.#lastBatch.peek()?.events;
  }

  /** Makes `batch` the last one. */
  writeBatch(batch: StepBatch<Row>): void {
    this.#lastBatch.value = batch;
  }
}
