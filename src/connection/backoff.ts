/** How a lost connection is tried again. */
export interface RetryPolicy {
  /** The bound of the first delay, in milliseconds. */
  readonly baseDelayMs: number;
  /** The bound of every delay, in milliseconds. */
  readonly maxDelayMs: number;
  /**
   * How many attempts in a row may fail after a connection broke, or after a first attempt that is tried again, before the connection gives up;
   * `Infinity` never does. Attempts without a network do not count.
   */
  readonly maxAttempts: number;
  /** How often to try all the same while the browser says that it is offline, in milliseconds. */
  readonly offlineProbeMs: number;
  /** Whether a first connection that fails is tried again like a lost one. */
  readonly retryInitialConnect: boolean;
}

/** Base 1 s, cap 30 s, unlimited. */
export const defaultRetryPolicy: Omit<RetryPolicy, 'retryInitialConnect'> = {
  baseDelayMs: 1000,
  maxDelayMs: 30_000,
  maxAttempts: Infinity,
  offlineProbeMs: 60_000,
};

/**
 * How long to wait before attempt `attempt` (1 is the first after a loss), in milliseconds: full jitter, that is `random` (from 0 to 1) of an
 * exponentially growing, capped bound.
 */
export function backoffDelay(policy: RetryPolicy, attempt: number, random: number): number {
  const bound = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (attempt - 1));
  return Math.round(bound * random);
}
