import { type FakeClock } from '../support/fake-clock.ts';

/** Lets time pass in small steps, with everything that promises bring about in between. */
export async function pass(clock: FakeClock, millis: number, steps: number): Promise<void> {
  const stepMs = Math.max(1, Math.ceil(millis / steps));
  for (let passed = 0; passed <= millis; passed += stepMs) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(stepMs);
  }
  await new Promise((resolve) => setImmediate(resolve));
}

/** What `promise` comes to while time passes. Throws when it does not settle within a minute of that time. */
export async function passUntil<T>(clock: FakeClock, what: string, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settle = (): void => {
    isSettled = true;
  };
  promise.then(settle, settle);
  for (let waited = 0; waited < 60; waited++) {
    await pass(clock, waited === 0 ? 1 : 1000, 4);
    if (isSettled) return promise;
  }
  throw new Error(`${what} did not settle within a minute`);
}
