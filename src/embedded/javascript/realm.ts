import { createContext, runInContext } from 'node:vm';
import { addMissingFeatures } from './missing-features.ts';
import { ModulePromises } from './module-promises.ts';
import { define, type RealmGlobals } from './realm-globals.ts';

/** A world of its own in this process. */
export interface Realm {
  readonly context: object;
  readonly globals: RealmGlobals;
  readonly promises: ModulePromises;
}

/**
 * A realm for a module: the language and what a server adds to it, `TextEncoder` and `TextDecoder`, and nothing of Node. It keeps the module's changes to
 * globals (its library brings a `console` and a `URL`) away from this process. It is no wall: a module is trusted.
 *
 * As on a server `Math.random` is not there. The time is that of the server's clock.
 */
export function createRealm(nowMicros: () => bigint): Realm {
  const context = createContext({}, { name: 'a SpacetimeDB module', microtaskMode: 'afterEvaluate' });
  const globals: RealmGlobals = runInContext('globalThis', context);
  addMissingFeatures(globals);
  define(globals, 'TextEncoder', textEncoderOf(globals));
  define(globals, 'TextDecoder', TextDecoder);
  define(globals, 'Date', dateOf(globals, nowMicros));
  Object.defineProperty(globals.Math, 'random', {
    configurable: true,
    get: () => {
      throw new globals.TypeError('a module has no Math.random, which would differ from run to run: use ctx.random');
    },
  });
  return { context, globals, promises: new ModulePromises(context, globals) };
}

/** A copy of `bytes` that a module takes for an array of its own. */
export function bytesFor({ globals }: Realm, bytes: Uint8Array): Uint8Array {
  return new globals.Uint8Array(bytes);
}

/** Encodes into arrays of the realm. */
function textEncoderOf(globals: RealmGlobals): typeof TextEncoder {
  return class RealmTextEncoder extends TextEncoder {
    override encode(text?: string): Uint8Array<ArrayBuffer> {
      return new globals.Uint8Array(super.encode(text));
    }
  };
}

function dateOf(globals: RealmGlobals, nowMicros: () => bigint): DateConstructor {
  const now = (): number => Number(nowMicros() / 1000n);
  define(globals.Date, 'now', now);
  const RealmDate = globals.Date;
  const withClock: DateConstructor = new Proxy(RealmDate, {
    apply: () => new RealmDate(now()).toString(),
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  });
  define(RealmDate.prototype, 'constructor', withClock);
  return withClock;
}
