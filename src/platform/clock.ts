/** Time as the client sees it; a test puts its own in place. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Calls `callback` once, `millis` milliseconds from now, and returns what cancels it. */
  setTimer(millis: number, callback: () => void): () => void;
}
