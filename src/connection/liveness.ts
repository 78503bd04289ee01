import { type Clock } from '../platform/clock.ts';

/** What liveness works with; all times in milliseconds. */
export interface LivenessOptions {
  readonly clock: Clock;
  /** Silence of the server after which it is asked. */
  readonly idleMs: number;
  /** How long it may take to answer. */
  readonly timeoutMs: number;
  /** How much longer it may take while a large answer is on its way. */
  readonly snapshotGraceMs: number;
  /** Whether a large answer is on its way: a browser says nothing about a frame before it is whole. */
  readonly isSnapshotPending: () => boolean;
  /** Asks the server for something small. */
  readonly ask: () => void;
  /** The server was asked, or gave its first sign of life afterwards. */
  readonly onAsked: () => void;
  readonly onAnswered: (roundTripMs: number) => void;
  /** The server is gone, though the socket looks open. */
  readonly onDead: (silentMs: number) => void;
}

/**
 * Notices a socket that looks open while nobody is at its other end. Browsers cannot ping, so it asks with a message.
 *
 * ```text
 * alive ──idle──► asked ──timeout──► dead
 *   ▲               │
 *   └───anything────┘
 * ```
 */
export class Liveness {
  readonly #options: LivenessOptions;
  #lastHeard: number;
  #askedAt: number | undefined;
  #cancelTimer: () => void;
  readonly #waiters = new Set<(isAlive: boolean) => void>();

  constructor(options: LivenessOptions) {
    this.#options = options;
    this.#lastHeard = options.clock.now();
    this.#cancelTimer = this.#checkIn(options.idleMs);
  }

  /** Something came from the server. */
  heard(): void {
    this.#lastHeard = this.#options.clock.now();
    if (this.#askedAt === undefined) return;
    const roundTripMs = Math.max(0, this.#lastHeard - this.#askedAt);
    this.#askedAt = undefined;
    this.#options.onAnswered(roundTripMs);
    this.#settle(true);
  }

  /** Asks now; fulfilled with whether anything came within `timeoutMs`. */
  probe(timeoutMs: number = this.#options.timeoutMs): Promise<boolean> {
    return new Promise((resolve) => {
      const finish = (isAlive: boolean): void => {
        cancel();
        this.#waiters.delete(finish);
        resolve(isAlive);
      };
      const cancel = this.#options.clock.setTimer(timeoutMs, () => finish(false));
      this.#waiters.add(finish);
      this.#ask();
    });
  }

  /** Asks now; a server that does not answer in time is dead. */
  suspect(): void {
    this.#cancelTimer();
    this.#ask();
    this.#check();
  }

  /** Ends every timer; probes under way find nobody. */
  close(): void {
    this.#cancelTimer();
    this.#settle(false);
  }

  #settle(isAlive: boolean): void {
    const waiters = [...this.#waiters];
    for (const finish of waiters) finish(isAlive);
  }

  #ask(): void {
    this.#options.ask();
    if (this.#askedAt !== undefined) return;
    this.#askedAt = this.#options.clock.now();
    this.#options.onAsked();
  }

  #checkIn(millis: number): () => void {
    return this.#options.clock.setTimer(millis, () => this.#check());
  }

  #check(): void {
    const next = this.#nextCheck();
    if (next !== undefined) this.#cancelTimer = this.#checkIn(next);
  }

  /** Looks at the clock, acts, and says in how many milliseconds to look again; `undefined` once the server is dead. */
  #nextCheck(): number | undefined {
    const { clock, idleMs, timeoutMs, snapshotGraceMs, isSnapshotPending } = this.#options;
    const now = clock.now();
    // A clock that was set back must not make the silence last longer.
    this.#lastHeard = Math.min(this.#lastHeard, now);
    if (this.#askedAt === undefined) {
      const idleFor = now - this.#lastHeard;
      if (idleFor < idleMs) return idleMs - idleFor;
      this.#ask();
      return timeoutMs;
    }
    this.#askedAt = Math.min(this.#askedAt, now);
    const allowed = isSnapshotPending() ? timeoutMs + snapshotGraceMs : timeoutMs;
    const waited = now - this.#askedAt;
    if (waited < allowed) return Math.min(timeoutMs, allowed - waited);
    this.#options.onDead(now - this.#lastHeard);
    return undefined;
  }
}
