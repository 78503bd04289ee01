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
