import { type Clock } from '../platform/clock.ts';

/** What liveness works with; all times in milliseconds. */
export interface LivenessOptions {
  readonly clock: Clock;
  /** Silence of the server after which it is asked. */
  readonly idleProbeMs: number;
  /** How long it may take to answer. */
  readonly probeTimeoutMs: number;
  readonly host: LivenessHost;
}

/** Who knows what the server is doing. */
export interface LivenessHost {
  /** Whether a large answer is on its way: a browser says nothing about a frame before it is whole. */
  readonly querySets: { readonly isSnapshotPending: boolean };
}

/** What comes of it. */
export interface LivenessHandlers {
  /** Asks the server for something small. */
  readonly ask: () => void;
  /** The server was asked, or gave its first sign of life afterwards: so many milliseconds later. */
  readonly onProbe: (roundTripMs: number | undefined) => void;
  /** The server is gone, though the socket looks open. */
  readonly onDead: (silentMs: number) => void;
}

/** How much longer than usual a server may be silent while a large answer is on its way, in milliseconds. */
const snapshotGraceMs = 120_000;

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
  readonly #handlers: LivenessHandlers;
  #lastHeard: number;
  #askedAt: number | undefined;
  #cancelTimer: () => void;
  readonly #waiters = new Set<(isAlive: boolean) => void>();

  constructor(options: LivenessOptions, handlers: LivenessHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#lastHeard = options.clock.now();
    this.#cancelTimer = this.#checkIn(options.idleProbeMs);
  }

  /** Something came from the server. */
  heard(): void {
    this.#lastHeard = this.#options.clock.now();
    if (this.#askedAt === undefined) return;
    const roundTripMs = Math.max(0, this.#lastHeard - this.#askedAt);
    this.#askedAt = undefined;
    this.#handlers.onProbe(roundTripMs);
    this.#settle(true);
  }

  /** Asks now; fulfilled with whether anything came within `timeoutMs`. */
  probe(timeoutMs: number): Promise<boolean> {
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
    this.#handlers.ask();
    if (this.#askedAt !== undefined) return;
    this.#askedAt = this.#options.clock.now();
    this.#handlers.onProbe(undefined);
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
    const { clock, idleProbeMs, probeTimeoutMs, host } = this.#options;
    const now = clock.now();
    // A clock that was set back must not make the silence last longer.
    this.#lastHeard = Math.min(this.#lastHeard, now);
    if (this.#askedAt === undefined) {
      const idleFor = now - this.#lastHeard;
      if (idleFor < idleProbeMs) return idleProbeMs - idleFor;
      this.#ask();
      return probeTimeoutMs;
    }
    this.#askedAt = Math.min(this.#askedAt, now);
    const allowed = probeTimeoutMs + (host.querySets.isSnapshotPending ? snapshotGraceMs : 0);
    const waited = now - this.#askedAt;
    if (waited < allowed) return Math.min(probeTimeoutMs, allowed - waited);
    this.#handlers.onDead(now - this.#lastHeard);
    return undefined;
  }
}
