import { type Clock } from '../platform/clock.ts';
import { type ClientMessage } from '../wire/client-message.ts';
import { type MutationStore } from './mutation-store.ts';
import { type PendingMutation } from './pending-mutation.ts';
import { type QueuedMutation } from './queued-mutation.ts';
import { type CheckedPolicy } from './queue-policy.ts';
import { RetryPause } from './retry-pause.ts';
import { type SyncStatus } from './sync-status.ts';
import { type Verdict, verdictOn } from './verdict.ts';

/** The connection, as the queue sees it. */
export interface QueueLink {
  readonly isConnected: () => boolean;
  /** Whether a call can be sent now: the rows of the connection are here, and the network takes more. */
  readonly canSend: () => boolean;
  readonly send: (message: ClientMessage) => void;
  readonly nextRequestId: () => number;
  /** Whether an answer under this id is awaited, be it to a call of the queue or to another request. */
  readonly isAwaited: (requestId: number) => boolean;
}

/** What a sender works with. */
interface MutationSenderOptions {
  readonly policy: CheckedPolicy;
  readonly clock: Clock;
  readonly link: QueueLink;
  readonly store: MutationStore;
  readonly status: SyncStatus;
  /** The calls in the queue, in order. */
  readonly items: () => Iterable<QueuedMutation>;
  readonly isIn: (mutation: QueuedMutation) => boolean;
  /** Whether the call is of this database and this identity. */
  readonly fits: (mutation: QueuedMutation) => boolean;
  readonly shown: (mutation: QueuedMutation) => PendingMutation;
  /** An uncertain call was carried out, as the rows show. */
  readonly onSeen: (mutation: QueuedMutation) => void;
  readonly onDiscarded: (mutation: QueuedMutation, reason: 'expired' | 'vetoed', why: string) => void;
  /** The store cannot know that calls go out, so that none does for now. */
  readonly onHeldUp: () => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Sends the calls of the queue in their order: as many at once as the window allows, each when the policy has said so. Whatever could make a turn come
 * drains the queue: a call, an answer, a connection, a hook's word. Nothing asks from time to time.
 */
export class MutationSender {
  /** The calls that are on their way, by the ids of their requests. */
  readonly inFlight: Map<number, QueuedMutation> = new Map();
  readonly #options: MutationSenderOptions;
  /** The policy or the store is being asked about a call; everything behind it waits. */
  #isDeciding = false;
  /** Calls are being sent or taken out, one after the other, until none is left that can be. */
  #isDraining = false;
  #connection = 0;
  /** Nobody could say what is to become of the next call, or note that it goes out, and is asked again later. */
  readonly #pause: RetryPause;
  /** That call: where it has left the queue, nobody is waited for. */
  #pausedFor: QueuedMutation | undefined;
  /** Nothing could be sent when it was tried last. */
  #isHeldUp = false;

  constructor(options: MutationSenderOptions) {
    this.#options = options;
    this.#pause = new RetryPause(options.clock);
  }

  /** The number of the connection, of this one or else of the next: what was decided under one does nothing under another. */
  get connection(): number {
    return this.#connection;
  }

  /** Whether calls are on their way, or one is being decided on. */
  get isBusy(): boolean {
    return this.inFlight.size > 0 || this.#isDeciding;
  }

  /** When a hook is asked again, in milliseconds since the Unix epoch. */
  get pausedUntil(): number | undefined {
    return this.#pause.until;
  }

  /** The call that an answer is for; from here on it is not on its way. */
  take(requestId: number): QueuedMutation | undefined {
    const mutation = this.inFlight.get(requestId);
    this.inFlight.delete(requestId);
    return mutation;
  }

  /** A connection and its rows are here. */
  begin(): void {
    this.#pause.reset();
    this.drain();
  }

  /** The server has spoken. Whatever has filled the network gets an answer, so that there is room after one of them: no socket tells when. */
  onHeard(): void {
    if (this.#isHeldUp && this.#options.link.canSend()) this.drain();
  }

  /** The connection is gone: nothing is on its way any more. */
  end(): void {
    this.#connection++;
    this.#pause.reset();
    this.inFlight.clear();
  }

  /** Sends what can be sent now. A call that is taken out instead asks for it once more, in the middle: that is one turn more, and nothing deeper. */
  drain(): void {
    if (this.#isDraining) return;
    const { link, status } = this.#options;
    this.#isDraining = true;
    if (this.#pausedFor !== undefined && !this.#options.isIn(this.#pausedFor)) this.#pause.cut();
    let isIdTaken = false;
    try {
      while (this.#isFree && link.canSend()) {
        const [next] = this.#waiting();
        // Ids of the application's own may repeat themselves: whoever comes second waits for the answer to the first.
        isIdTaken = next !== undefined && link.isAwaited(next.requestId);
        if (next === undefined || isIdTaken) break;
        if (next.isOutdated || this.#options.store.mayBeSent(next.record)) this.#decide(next);
        else void this.#mark(next);
      }
    } finally {
      this.#isDraining = false;
    }
    this.#isHeldUp = isIdTaken || !link.canSend();
    status.changed();
  }

  get #isFree(): boolean {
    return !this.#isDeciding && this.#pause.until === undefined && this.inFlight.size < this.#options.policy.window;
  }

  /** The calls that may be sent, once it is their turn, in order. */
  *#waiting(): Generator<QueuedMutation> {
    for (const mutation of this.#options.items()) {
      if (mutation.phase.kind !== 'sent' && this.#options.fits(mutation)) yield mutation;
    }
  }

  /** Everything that waits may be sent from here on, and the store has to know it first. Of failures in a row the first is told. */
  async #mark(next: QueuedMutation): Promise<void> {
    const connection = this.#connection;
    this.#isDeciding = true;
    try {
      await this.#options.store.markSent(Array.from(this.#waiting(), ({ record }) => record));
    } catch (error) {
      if (!this.#pause.hasFailed) this.#options.onError(error);
      if (connection === this.#connection) {
        this.#pauseFor(next);
        this.#options.onHeldUp();
      }
    } finally {
      this.#isDeciding = false;
      this.drain();
    }
  }

  #decide(mutation: QueuedMutation): void {
    const { policy, clock, onError, status, shown } = this.#options;
    const verdict = verdictOn(mutation, mutation.connection !== this.#connection, {
      policy,
      clock,
      shown,
      onError: (error) => {
        status.fault(error);
        onError(error);
      },
    });
    if (verdict instanceof Promise) void this.#carryOutLater(mutation, verdict);
    else this.#carryOut(mutation, verdict);
  }

  async #carryOutLater(mutation: QueuedMutation, verdict: Promise<Verdict>): Promise<void> {
    const connection = this.#connection;
    this.#isDeciding = true;
    try {
      const decided = await verdict;
      if (connection === this.#connection && this.#options.isIn(mutation)) this.#carryOut(mutation, decided);
    } catch (error) {
      this.#options.onError(error);
    } finally {
      this.#isDeciding = false;
      this.drain();
    }
  }

  #carryOut(mutation: QueuedMutation, verdict: Verdict): void {
    const { onSeen, onDiscarded } = this.#options;
    if (verdict === 'keep') return this.#pauseFor(mutation);
    this.#pause.reset();
    switch (verdict) {
      case 'send':
        return this.#send(mutation);
      case 'committed':
        return onSeen(mutation);
      case 'expired':
        return onDiscarded(mutation, 'expired', 'it is older than queuePolicy.maxMutationAgeMs');
      case 'vetoed':
        return onDiscarded(mutation, 'vetoed', 'the application says so');
      case 'outdated':
        return onDiscarded(
          mutation,
          'vetoed',
          `the reducer ${mutation.record.reducer} takes other arguments now, or is gone`,
        );
    }
  }

  #pauseFor(mutation: QueuedMutation): void {
    this.#pausedFor = mutation;
    this.#pause.begin(() => this.drain());
  }

  #send(mutation: QueuedMutation): void {
    const { link } = this.#options;
    const { requestId, phase, record } = mutation;
    const { reducer, args } = record;
    mutation.phase = { kind: 'sent', isRepeated: phase.kind !== 'queued' };
    this.inFlight.set(requestId, mutation);
    link.send({ tag: 'CallReducer', requestId, reducer, args });
  }
}
