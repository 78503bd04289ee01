import { inspect, isDeepStrictEqual } from 'node:util';
import { firstWhere, type ReadonlySignal } from 'spacetimedb-signals';

/** A step of the tour does not show what it says. */
export class Mismatch extends Error {
  constructor(what: string, expected: string, came: string) {
    super(`${what}\nexpected ${expected}\ncame     ${came}`);
    this.name = 'Mismatch';
  }
}

/** Throws a {@link Mismatch} unless `came` is deeply equal to `expected`. */
export function same<T>(what: string, came: T, expected: T): void {
  if (!isDeepStrictEqual(came, expected)) throw new Mismatch(what, inspect(expected), inspect(came));
}

/** What `signal` holds as soon as `predicate` holds for it; throws a {@link Mismatch} when that takes too long. */
export async function soon<T>(
  what: string,
  signal: ReadonlySignal<T>,
  predicate: (value: T) => boolean,
  timeoutMs = 5000,
): Promise<T> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    return await firstWhere(signal, predicate, { signal: timeout });
  } catch (error) {
    if (!timeout.aborted) throw error;
    throw new Mismatch(what, `it within ${timeoutMs} ms`, inspect(signal.peek(), { depth: 1 }));
  }
}

/** The error that `promise` rejects with; throws a {@link Mismatch} when it does not. */
export async function failure<T extends Error>(
  what: string,
  promise: Promise<unknown>,
  type: new (...args: never[]) => T,
): Promise<T> {
  try {
    const value = await promise;
    throw new Mismatch(what, `a ${type.name}`, `the value ${inspect(value, { depth: 0 })}`);
  } catch (error) {
    if (error instanceof type) return error;
    if (error instanceof Mismatch) throw error;
    throw new Mismatch(what, `a ${type.name}`, String(error));
  }
}
