/** Milliseconds that a test waits for what has to come. Only a test that fails waits that long, so it is enough for a machine that is busy. */
export const patienceMs = 30_000;
