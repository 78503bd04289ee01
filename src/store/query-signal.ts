import { type ReadonlySignal, Signal, type SignalOptions } from '@preact/signals-core';

/** Where the signals of one kind of question get their answers. */
export interface SignalSource<Query, Value> {
  /** Has a new value after every visible change of the table. */
  readonly version: ReadonlySignal<number>;
  /** The value of `version`, without tracking it. */
  readonly versionNumber: number;
  /** The answer at present; `previous` itself where that is still right. */
  read(query: Query, previous: Value | undefined): Value;
  /** From now on the signal is to be refreshed with every change of its answer. */
  enlist(signal: QuerySignal<Query, Value>): void;
  /** Nobody watches the signal any more. */
  delist(signal: QuerySignal<Query, Value>): void;
}

/** The value of a signal that is not watched. Differs from every answer, so that what depends on the signal looks again. */
const detached = Symbol('detached') as never;

const hooks: SignalOptions = {
  watched() {
    if (this instanceof QuerySignal) this.attach();
  },
  unwatched() {
    if (this instanceof QuerySignal) this.detach();
  },
};

/**
 * The answer to one question about a table, such as the row of a key, as a read-only signal.
 *
 * ```text
 *              first watcher: enlisted, holds the answer
 *   unwatched ───────────────────────────────────────────► watched: refreshed by the steps that touch it
 *   reads the table itself ◄─────────────────────────────
 *              last watcher gone: delisted, holds `detached`
 * ```
 *
 * While it is not watched nothing refers to it, so it needs no end. Writing `detached` gives it a new version: a computed that
 * depends on it and is not watched either would keep its old value otherwise.
 *
 * All fields are private names, because signals-core keeps its own under short mangled names on the same object.
 */
export class QuerySignal<Query, Value> extends Signal<Value> {
  readonly #source: SignalSource<Query, Value>;
  readonly #query: Query;
  #isWatched = false;
  #last: Value | undefined;
  #lastVersion = -1;

  constructor(source: SignalSource<Query, Value>, query: Query) {
    super(detached, hooks);
    this.#source = source;
    this.#query = query;
  }

  /** What the signal answers. */
  get query(): Query {
    return this.#query;
  }

  override get value(): Value {
    const value = super.value;
    return this.#isWatched ? value : this.#look();
  }

  override set value(_value: Value) {
    throw new TypeError('this signal is read-only: rows change by reducers');
  }

  /** As `value` without tracking; games read thousands of rows that way in each frame, and a closure each would double what that takes. */
  override peek(): Value {
    return this.#isWatched ? super.peek() : this.#answer();
  }

  /** Reads the table, and tracks all of it. */
  #look(): Value {
    void this.#source.version.value;
    return this.#answer();
  }

  #answer(): Value {
    const version = this.#source.versionNumber;
    if (version !== this.#lastVersion) {
      this.#last = this.#source.read(this.#query, this.#last);
      this.#lastVersion = version;
    }
    // Read above; `Value` may have `undefined` itself.
    return this.#last as Value;
  }

  /** @internal */
  attach(): void {
    super.value = this.#look();
    this.#isWatched = true;
    this.#source.enlist(this);
  }

  /** @internal */
  detach(): void {
    this.#isWatched = false;
    this.#source.delist(this);
    this.#last = super.value;
    this.#lastVersion = this.#source.versionNumber;
    super.value = detached;
  }

  /** Takes over the present answer. For the commit of a step: inside its batch, untracked. @internal */
  refresh(): void {
    super.value = this.#source.read(this.#query, super.value);
  }
}

// Preact takes an object with a constructor of its own for something foreign and would not render `{signal}` as a child.
Reflect.deleteProperty(QuerySignal.prototype, 'constructor');
