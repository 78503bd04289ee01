import { compileFunction, Script } from 'node:vm';
import { define, type RealmGlobals } from './realm-globals.ts';

/** What is known of a promise; the promise itself keeps it up to date. */
interface WatchedPromise {
  /** Whether it is what `then` and the like answered with, rather than an async function or the module's own code. */
  readonly isDerived: boolean;
  /** Whether somebody asked what becomes of it. */
  isHeard: boolean;
  outcome: 'waiting' | 'fulfilled' | 'rejected';
  /** Why it was rejected. */
  reason: unknown;
}

/** A promise that nobody listens to. */
export type UnheardPromise = Readonly<WatchedPromise>;

const none: readonly UnheardPromise[] = [];

/** The source is in the language of the realm: whose function it is decides in which queue it waits. Who watches a promise makes none that is watched in turn. */
const watchedPromise = `
  const Native = Promise;
  const { then } = Native.prototype;
  let isWatching = false;
  let isDeriving = false;
  return class Promise extends Native {
    #watched = isWatching ? undefined : watcher.made(isDeriving);
    static get [Symbol.species]() {
      return isWatching ? Native : this;
    }
    constructor(executor) {
      super(executor);
      const watched = this.#watched;
      // A class of the module may say itself what its promises derive, also from this one.
      if (watched === undefined) return;
      isWatching = true;
      try {
        Reflect.apply(then, this, [() => watcher.fulfilled(watched), (reason) => watcher.rejected(watched, reason)]);
      } finally {
        isWatching = false;
      }
    }
    then(onFulfilled, onRejected) {
      if (#watched in this && this.#watched !== undefined) this.#watched.isHeard = true;
      isDeriving = true;
      try {
        return super.then(onFulfilled, onRejected);
      } finally {
        isDeriving = false;
      }
    }
  };`;

/**
 * The promises of a module. What waits for them is carried out at the end of the call that is running, in its transaction, as a server's engine does by itself; and
 * this process does not hear of those that are rejected, which would end it.
 */
export class ModulePromises {
  readonly #context: object;
  readonly #nothing = new Script('0');
  /** Those that the present call made, and older ones that were rejected in it. */
  readonly #watched = new Set<WatchedPromise>();
  /** How many promises, of whatever call, are not settled. */
  #waiting = 0;

  /** Takes the place of the promises of a realm, which has a queue of its own (`microtaskMode: 'afterEvaluate'`). */
  constructor(context: object, globals: RealmGlobals) {
    this.#context = context;
    const watcher = {
      made: (isDerived: boolean): WatchedPromise => {
        const watched: WatchedPromise = { isDerived, isHeard: false, outcome: 'waiting', reason: undefined };
        this.#waiting++;
        this.#watched.add(watched);
        return watched;
      },
      fulfilled: (watched: WatchedPromise) => {
        this.#waiting--;
        watched.outcome = 'fulfilled';
      },
      rejected: (watched: WatchedPromise, reason: unknown) => {
        this.#waiting--;
        this.#watched.add(Object.assign(watched, { outcome: 'rejected', reason }));
      },
    };
    const make = compileFunction(watchedPromise, ['watcher'], { parsingContext: context });
    const RealmPromise: PromiseConstructor = Reflect.apply(make, undefined, [watcher]);
    define(globals, 'Promise', RealmPromise);
    for (const name of ['compile', 'instantiate']) watchResult(globals.WebAssembly, name, RealmPromise);
    watchResult(globals.Array, 'fromAsync', RealmPromise);
  }

  /** Carries out what waits for promises, as far as that goes. The result is what is left then. */
  settle(): readonly UnheardPromise[] {
    // Nothing is in the queue then, and a call of a module that makes a promise now and then costs no more than that of any other.
    if (this.#watched.size === 0 && this.#waiting === 0) return none;
    // The queue is emptied whenever a script has run.
    this.#nothing.runInContext(this.#context);
    const unheard = [...this.#watched].filter(({ isHeard }) => !isHeard);
    this.#watched.clear();
    return unheard;
  }
}

/** Has a function of the engine that answers with a promise of its own answer with one that is watched. */
function watchResult(target: object, name: string, RealmPromise: PromiseConstructor): void {
  const run: unknown = Reflect.get(target, name);
  if (typeof run !== 'function') return;
  define(target, name, function watched(this: unknown, ...args: readonly unknown[]): Promise<unknown> {
    return RealmPromise.resolve(Reflect.apply(run, this, args));
  });
}
