/** The right to write to a store, which one tab or process has at a time. */
export interface StoreLock {
  /** Takes the lock if it is free. */
  request(): Promise<boolean>;
  /** Takes the lock as soon as it is free, then calls `onHeld`. */
  wait(onHeld: () => void): void;
  /** Gives the lock back, or stops waiting for it. */
  release(): Promise<void>;
}
