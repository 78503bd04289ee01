import { encodeArguments, rejection } from '../calls/arguments.ts';
import { type ReducerDefinition } from '../calls/definition.ts';
import { type CallOptions } from '../calls/pending-calls.ts';
import { type ReducerCall } from '../calls/reducer-calls.ts';
import { committedResult, type TransactionResult } from '../calls/result.ts';
import {
  ConnectionError,
  isSpacetimeDbError,
  MutationDiscardedError,
  QueueFullError,
  type SpacetimeDbError,
  type StorageError,
} from '../errors.ts';
import { checkedMillis } from '../millis.ts';
import { type MutationRecord } from '../offline/mutation-record.ts';
import { mayBeOfSameOwner, type RecordOwner } from '../offline/record.ts';
import { type OptimisticChange } from '../store/overlay/optimistic-change.ts';
import { type PendingChanges } from '../store/overlay/pending-changes.ts';
import { weighEvidence } from './evidence.ts';
import { type AnswerOptions, firstAnswer, tellPending } from './first-answer.ts';
import { mutationOf, newMutation, newRecord, type Predicted, type Surroundings } from './new-mutation.ts';
import { MutationSender } from './mutation-sender.ts';
import { type LoadedMutation } from './mutation-store.ts';
import { type MutationOutcome, type MutationSyncResult, type PendingMutation } from './pending-mutation.ts';
import { type CheckedPolicy } from './queue-policy.ts';
import { type QueuedMutation, refusalOf, wasLost } from './queued-mutation.ts';
import { queuedCallOf, shownMutation } from './shown-mutation.ts';
import { type SyncStatus } from './sync-status.ts';

/** What the queue works with. */
export interface MutationQueueOptions extends Surroundings {
  readonly policy: CheckedPolicy;
  /** How long a call waits for its outcome before it is `pending`, in milliseconds, where it does not say otherwise. */
  readonly timeoutMs: number;
  readonly status: SyncStatus;
  readonly onOutcome: (result: MutationSyncResult) => void;
  readonly onError: (error: unknown) => void;
}

/**
 * The calls of a client with an offline store, in the order in which they were made, until each has its outcome.
 *
 * ```text
 *   call ──► written to the store ┐
 *        └─► shown                ├─► in its turn: policy, then sent ──► answer ──► out of the store, outcome told
 *   earlier runs ──► loaded       ┘      within a window, in order
 * ```
 *
 * Whatever could make a turn come (a call, an answer, a connection, a hook's word) drains the queue; nothing asks from time to time.
 */
export class MutationQueue {
  readonly #options: MutationQueueOptions;
  readonly #items = new Map<string, QueuedMutation>();
  readonly #sender: MutationSender;
  /** `onError` has heard that the store refuses calls, and it has kept none since. */
  #isRefusalTold = false;

  constructor(options: MutationQueueOptions) {
    this.#options = options;
    this.#sender = new MutationSender({
      ...options,
      items: () => this.#items.values(),
      isIn: (mutation) => this.#items.get(mutation.id) === mutation,
      fits: (mutation) => this.#fits(mutation),
      shown: (mutation) => this.#shown(mutation),
      onSeen: (mutation) => this.#leaveAsSeen(mutation),
      onDiscarded: (mutation, reason, why) => this.#discard(mutation, reason, why),
      onHeldUp: () => this.#loseUnstored(),
    });
  }

  get size(): number {
    return this.#items.size;
  }

  /** Whether calls are on their way, or about to be. */
  get isSyncing(): boolean {
    return this.#sender.isBusy;
  }

  /** The calls that are on their way, by the ids of their requests. */
  get inFlight(): ReadonlyMap<number, unknown> {
    return this.#sender.inFlight;
  }

  /** When a hook is asked again, in milliseconds since the Unix epoch. */
  get pausedUntil(): number | undefined {
    return this.#sender.pausedUntil;
  }

  /** The calls in the queue, in order. */
  pending(): readonly PendingMutation[] {
    const owner = this.#options.owner();
    return Array.from(this.#items.values(), (mutation) => this.#shown(mutation, owner));
  }

  /** Queues a call, and sends it at once where nothing is before it. See {@link TransactionResult} for what the promise comes to. */
  call<Args>(
    definition: ReducerDefinition<Args>,
    args: Args,
    changes: readonly OptimisticChange[],
    options: CallOptions,
  ): Promise<TransactionResult> {
    return this.#call(definition, args, changes, options).catch(rejection);
  }

  async #call<Args>(
    definition: ReducerDefinition<Args>,
    args: Args,
    changes: readonly OptimisticChange[],
    options: CallOptions,
  ): Promise<TransactionResult> {
    if (options.timeoutMs !== undefined) checkedMillis('timeoutMs', options.timeoutMs);
    options.signal?.throwIfAborted();
    const argsBytes = encodeArguments(definition, args);
    const pending = this.#options.rows.prepare(changes);
    const requestId = this.#options.link.nextRequestId();
    this.#makeRoom(definition.name);
    const record = newRecord(definition, argsBytes, { changes, pending }, this.#options);
    const mutation = this.#add(requestId, record, { args, pending, changes });
    const outcome = firstAnswer(mutation, this.#waitOptions(options), {
      onAbort: (reason) => this.#abort(mutation, reason),
      onLate: (error) => this.#giveUp(mutation, error),
    });
    this.#options.rows.show(mutation);
    this.#sender.drain();
    return outcome;
  }

  /** The call that an answer is for, which then is no longer on its way; what its ends are told is its outcome. */
  take(requestId: number): ReducerCall<PendingChanges> | undefined {
    const mutation = this.#sender.take(requestId);
    if (mutation === undefined) return undefined;
    const { reducer: name, args: argsBytes } = mutation.record;
    return {
      name,
      args: mutation.args,
      argsBytes,
      attached: mutation.pending,
      mutationId: mutation.id,
      resolve: (result) => {
        this.#options.status.confirm(this.#options.clock.now());
        this.#leave(mutation, 'committed', { result });
      },
      reject: (error) => {
        this.#options.status.confirm(this.#options.clock.now());
        this.#leave(mutation, 'rejected', isSpacetimeDbError(error) ? { error } : {});
      },
    };
  }

  /** Takes over the calls of earlier runs. */
  restore(loaded: readonly LoadedMutation[], isSilent: boolean): void {
    for (const each of loaded) {
      if (!this.#items.has(each.id)) this.#items.set(each.id, mutationOf(each, this.#options));
    }
    // A process may have died before it let go of them, too.
    if (this.#items.size === 0) this.#options.store.forgetMarks();
    this.showFitting(isSilent);
  }

  /** The identity may be another one: what calls of others predict is not shown. */
  showFitting(isSilent = false): void {
    const mutations = [...this.#items.values()];
    const { address, identity } = this.#options.owner();
    // What was called before there was an identity is of the first one, and from here on of no other.
    if (identity !== undefined) {
      const adopted = mutations.filter(({ record }) => record.identity === undefined && record.address === address);
      for (const mutation of adopted) mutation.record = { ...mutation.record, identity };
      if (adopted.length > 0) this.#options.store.adopt();
    }
    this.#options.rows.takeBack(mutations.filter((mutation) => !this.#fits(mutation)));
    for (const mutation of mutations) {
      if (!mutation.isOutdated && this.#fits(mutation)) this.#options.rows.show(mutation, isSilent);
    }
    this.#options.status.changed();
  }

  /** The tables whose rows could show which of the calls in doubt were carried out. */
  tablesInDoubt(): ReadonlySet<string> {
    return new Set(this.#uncertain().flatMap(({ pending }) => Array.from(pending?.tables ?? [])));
  }

  /** A connection and its rows are here: what is uncertain can be looked for in them, and everything be sent. */
  onReady(): void {
    weighEvidence(this.#uncertain(), (mutation) => this.#options.rows.evidenceOf(mutation));
    this.#sender.begin();
  }

  /** The server has spoken: there may be room in the network that there was not before. */
  onHeard(): void {
    this.#sender.onHeard();
  }

  /** The connection is gone: what was on its way is uncertain, and whoever waits for it is told that it is pending. */
  onLost(error: ConnectionError): void {
    this.#sender.end();
    for (const mutation of Array.from(this.#items.values())) {
      if (mutation.phase.kind === 'sent') mutation.phase = { kind: 'uncertain', isSeen: false };
      if (mutation.refusal !== undefined) this.#lose(mutation, error);
      void tellPending(mutation);
    }
    this.#options.status.changed();
  }

  /** The store is another's, and so are the calls in it: they leave without an outcome. Those on their way get their answers here all the same. */
  onStoreLost(error: StorageError): void {
    for (const mutation of Array.from(this.#items.values())) {
      mutation.refusal = { cause: error };
      if (mutation.phase.kind !== 'sent') this.#lose(mutation, error);
    }
  }

  /** Takes every call out of the queue, as `vetoed`. */
  clear(why: string): void {
    for (const mutation of Array.from(this.#items.values())) this.#discard(mutation, 'vetoed', why);
  }

  /** Nothing more is sent. Fulfilled when the store has everything. */
  async dispose(): Promise<void> {
    this.#sender.end();
    const mutations = [...this.#items.values()];
    for (const mutation of mutations) void tellPending(mutation);
    await Promise.all(mutations.map(({ stored }) => stored));
    const error = new ConnectionError('the client was disposed of; the call waits in the store for the next run');
    for (const mutation of mutations) mutation.settled.reject(error);
  }

  #add(requestId: number, record: MutationRecord, about: Predicted & { readonly args: unknown }): QueuedMutation {
    const id = this.#options.store.idOf(record.sequence);
    const stored = this.#keep(id, record);
    const mutation = newMutation(id, requestId, record, {
      ...about,
      isOutdated: false,
      stored,
      connection: record.unsentMark === undefined ? this.#sender.connection : undefined,
      phase: { kind: 'queued' },
    });
    this.#items.set(id, mutation);
    return mutation;
  }

  async #keep(id: string, record: MutationRecord): Promise<void> {
    try {
      await this.#options.store.add(id, record);
      this.#isRefusalTold = false;
    } catch (cause) {
      this.#onUnstored(id, record, cause);
    }
  }

  #waitOptions({ signal, timeoutMs = this.#options.timeoutMs }: CallOptions): AnswerOptions {
    const { clock, link } = this.#options;
    return {
      signal,
      timeoutMs: link.isConnected() ? timeoutMs : 0,
      clock,
    };
  }

  /** Nobody waits any more: what was not sent need not be; the answer to what was is applied like any other. */
  #abort(mutation: QueuedMutation, reason: unknown): void {
    const { caller } = mutation;
    if (mutation.phase.kind !== 'queued') return caller?.reject(reason);
    // Whatever is told everybody else, whoever aborted it hears the reason.
    if (caller !== undefined) mutation.caller = { ...caller, reject: () => caller.reject(reason) };
    this.#discard(mutation, 'vetoed', 'it was aborted', reason);
  }

  /** The call is in no store, and nobody waits for it any more. */
  #giveUp(mutation: QueuedMutation, error: unknown): void {
    if (mutation.phase.kind === 'queued') this.#lose(mutation, error);
    else mutation.caller?.reject(error);
  }

  /**
   * The store has refused a call. One that was made without a connection, or with one that is gone, has failed with that, and so has one that could not go out
   * soon. Any other goes on like a call of a client without a store; of many of them the first is told.
   */
  #onUnstored(id: string, { reducer }: MutationRecord, cause: unknown): void {
    const mutation = this.#items.get(id);
    const isLost = mutation !== undefined && mutation.phase.kind !== 'sent' && !this.#goesOutSoon(mutation);
    const error = refusalOf(reducer, mutation, isLost, cause);
    this.#options.status.fault(error);
    if (mutation !== undefined) mutation.refusal = { cause };
    if (isLost) return this.#lose(mutation, error);
    if (!this.#isRefusalTold) this.#options.onError(error);
    this.#isRefusalTold = true;
  }

  #goesOutSoon({ connection }: QueuedMutation): boolean {
    return connection === this.#sender.connection && this.#sender.pausedUntil === undefined;
  }

  /** Nothing goes out for now: what waits and is in no store has failed. */
  #loseUnstored(): void {
    for (const mutation of Array.from(this.#items.values())) {
      const { refusal, phase, record } = mutation;
      if (refusal === undefined || phase.kind === 'sent') continue;
      this.#lose(mutation, refusalOf(record.reducer, mutation, true, refusal.cause));
    }
  }

  /** A call that is in no store, and was not sent or will get no answer, is none that the queue could keep. */
  #lose(mutation: QueuedMutation, error: unknown): void {
    this.#items.delete(mutation.id);
    this.#options.rows.takeBack([mutation]);
    mutation.caller?.reject(error);
    mutation.settled.reject(error);
    this.#options.status.changed();
  }

  #makeRoom(reducer: string): void {
    const { maxQueueLength, overflow } = this.#options.policy;
    if (this.#items.size < maxQueueLength) return;
    const message = `${maxQueueLength} calls are in the offline queue already (queuePolicy.maxQueueLength)`;
    const oldest = overflow === 'rejectNew' ? undefined : this.#oldestUnsent();
    if (oldest === undefined) {
      throw new QueueFullError(`calling reducer ${reducer}: ${message}`);
    }
    this.#discard(oldest, 'evicted', message);
  }

  #oldestUnsent(): QueuedMutation | undefined {
    for (const mutation of this.#items.values()) if (mutation.phase.kind !== 'sent') return mutation;
    return undefined;
  }

  /** The calls of whom the client is now that may have been carried out, in order. */
  #uncertain(): readonly QueuedMutation[] {
    return [...this.#items.values()].filter((mutation) => mutation.phase.kind === 'uncertain' && this.#fits(mutation));
  }

  /** Whether the call is of this database and this identity. */
  #fits({ record }: QueuedMutation, owner: RecordOwner = this.#options.owner()): boolean {
    return mayBeOfSameOwner(record, owner);
  }

  /** The rows of the server show that the call was carried out. */
  #leaveAsSeen(mutation: QueuedMutation): void {
    this.#options.rows.confirm(mutation);
    const { requestId, id: mutationId } = mutation;
    const result = committedResult({ requestId, mutationId, timestamp: undefined, returnValue: new Uint8Array(0) });
    this.#leave(mutation, 'committed', { result });
  }

  #discard(mutation: QueuedMutation, reason: 'expired' | 'vetoed' | 'evicted', why: string, cause?: unknown): void {
    this.#options.rows.takeBack([mutation]);
    const message = `reducer ${mutation.record.reducer}: the call left the offline queue, ${why}`;
    this.#leave(mutation, reason, { error: new MutationDiscardedError(reason, message, { cause }) });
  }

  /** The end of a call: it leaves queue and store, and everybody who waits is told. */
  #leave(
    mutation: QueuedMutation,
    outcome: MutationOutcome,
    { result, error }: { readonly result?: TransactionResult; readonly error?: SpacetimeDbError },
  ): void {
    const { store, status, onOutcome } = this.#options;
    if (!this.#items.delete(mutation.id)) return;
    if (mutation.refusal === undefined) store.remove(mutation.id);
    if (this.#items.size === 0) store.forgetMarks();
    const wasPending = mutation.caller === undefined;
    if (result !== undefined) {
      mutation.caller?.resolve(result);
      mutation.settled.resolve(result);
    } else {
      mutation.caller?.reject(error);
      mutation.settled.reject(error);
    }
    const isUncertain = wasLost(mutation);
    const told = { mutation: queuedCallOf(mutation), outcome, result, error, isUncertain, wasPending };
    if (outcome !== 'committed' && wasPending) status.fail(told);
    onOutcome(told);
    this.#sender.drain();
  }

  #shown(mutation: QueuedMutation, owner?: RecordOwner): PendingMutation {
    const state = this.#fits(mutation, owner) ? mutation.phase.kind : 'held';
    return shownMutation(mutation, state, this.#discardForApplication);
  }

  readonly #discardForApplication = (mutation: QueuedMutation): boolean => {
    if (mutation.phase.kind === 'sent' || this.#items.get(mutation.id) !== mutation) return false;
    this.#discard(mutation, 'vetoed', 'the application discarded it');
    return true;
  };
}
