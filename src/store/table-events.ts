import { type ReadonlySignal, type Signal, signal } from '@preact/signals-core';
import { type ListenerOptions, Listeners, type Unsubscribe } from '../listeners.ts';
import {
  type Batch,
  type DeleteEvent,
  type EventContext,
  type InsertEvent,
  type UpdateEvent,
} from './event-context.ts';
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
  readonly #inserts: Listeners<InsertEvent<Row>>;
  readonly #updates: Listeners<UpdateEvent<Row>>;
  readonly #deletes: Listeners<DeleteEvent<Row>>;
  readonly #lastBatch: Signal<StepBatch<Row> | undefined> = signal(undefined);
  /** Whether anybody may hold a batch. */
  #isAskedFor = false;

  constructor(clock: StepClock) {
    this.#clock = clock;
    this.#inserts = new Listeners(clock.onError);
    this.#updates = new Listeners(clock.onError);
    this.#deletes = new Listeners(clock.onError);
  }

  get lastBatch(): ReadonlySignal<Batch<Row> | undefined> {
    this.#isAskedFor = true;
    return this.#lastBatch;
  }

  onInsert(listener: (event: InsertEvent<Row>) => void, options?: ListenerOptions): Unsubscribe {
    return this.#add(this.#inserts, listener, options);
  }

  onUpdate(listener: (event: UpdateEvent<Row>) => void, options?: ListenerOptions): Unsubscribe {
    return this.#add(this.#updates, listener, options);
  }

  onDelete(listener: (event: DeleteEvent<Row>) => void, options?: ListenerOptions): Unsubscribe {
    return this.#add(this.#deletes, listener, options);
  }

  /** Who comes during a step hears of later ones only. */
  #add<Event>(
    listeners: Listeners<Event>,
    listener: (event: Event) => void,
    options: ListenerOptions | undefined,
  ): Unsubscribe {
    const since = this.#clock.stepNumber;
    return listeners.add((event) => {
      if (this.#clock.stepNumber > since) listener(event);
    }, options);
  }

  /** Calls the listeners of a step, and returns its batch. */
  announce(context: EventContext, source: EventSource<Row>): StepBatch<Row> {
    const batch = new StepBatch(context, source);
    if (!this.isHeard) return batch;
    for (const event of batch.events) {
      switch (event.kind) {
        case 'insert':
          this.#inserts.notify(event);
          break;
        case 'update':
          this.#updates.notify(event);
          break;
        case 'delete':
          this.#deletes.notify(event);
          break;
      }
    }
    return batch;
  }

  /** Whether anybody listens. */
  get isHeard(): boolean {
    return !(this.#inserts.isEmpty && this.#updates.isEmpty && this.#deletes.isEmpty);
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
