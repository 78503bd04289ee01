import { type Identity } from './bsatn/special/identity.ts';
import { type KnownReducer, type ReducerDefinition } from './calls/definition.ts';
import { answerOf, type CallsHost, type ReducerAnswer, type ReducerCall, ReducerCalls } from './calls/reducer-calls.ts';
import { ReducerListeners } from './calls/reducer-listeners.ts';
import { droppedResult, type TransactionResult } from './calls/result.ts';
import { type ReducerCallOptions, type ReducerContext } from './client-types.ts';
import { type ConnectionError, ProtocolError, ReducerError } from './errors.ts';
import { checkCallNames } from './option-names.ts';
import { type RowSteps } from './row-steps.ts';
import { contextOf, type ReducerEvent, type ReducerStatus } from './store/event-context.ts';
import { type OptimisticChange } from './store/overlay/optimistic-change.ts';
import { type PendingChanges, takeBack } from './store/overlay/pending-changes.ts';
import { type Store } from './store/store.ts';
import { type MutationQueue } from './sync/mutation-queue.ts';
import { type ReducerResult } from './wire/server-message.ts';

/** Who calls the reducers. */
export interface OwnReducersHost extends CallsHost {
  readonly store: Store;
  readonly rowSteps: RowSteps;
  /** `violate`: the server broke the protocol. */
  readonly connection: { readonly isOpen: boolean; violate(error: ProtocolError): void };
  readonly identity: { peek(): Identity | undefined };
  /** The queue of calls, which takes calls while this client `isWriter`, and knows later on which answers are for it. */
  readonly offline: { readonly isWriter: boolean; readonly queue: MutationQueue } | undefined;
  readonly reportError: (error: unknown) => void;
}

const noOptions: ReducerCallOptions = {};
const optionNames = ['timeoutMs', 'signal', 'optimisticChanges', 'dropIfOffline'];
const noChanges: readonly OptimisticChange[] = [];

/** The reducers as this client calls them: with or without the queue, from the call to the answer with its rows, and whoever listens to them. */
export class OwnReducers {
  readonly #host: OwnReducersHost;
  readonly #calls: ReducerCalls<PendingChanges>;
  readonly #listeners: ReducerListeners<ReducerContext>;
  readonly #known = new Map<string, KnownReducer>();

  constructor(host: OwnReducersHost) {
    const { store, reportError } = host;
    this.#host = host;
    this.#calls = new ReducerCalls(host, {
      onMade: (call) => call.attached?.show(store, call),
      onForgotten: (call) => takeBack(store, [call]),
    });
    this.#listeners = new ReducerListeners(reportError);
  }

  /** The calls whose answers are outstanding, without those of the queue. */
  get pending(): ReducerCalls<PendingChanges>['pending'] {
    return this.#calls.pending;
  }

  /** Who is told of answers. */
  get listeners(): ReducerListeners<ReducerContext> {
    return this.#listeners;
  }

  /** Makes reducers known, so that calls of an earlier run can be read. */
  add(definitions: readonly KnownReducer[]): void {
    for (const definition of definitions) this.#known.set(definition.name, definition);
  }

  /** The reducer of this name on the wire. */
  find(name: string): KnownReducer | undefined {
    return this.#known.get(name);
  }

  /** Calls a reducer: by way of the queue, where there is one. */
  call<Args>(
    definition: ReducerDefinition<Args>,
    args: Args,
    options?: ReducerCallOptions,
  ): Promise<TransactionResult> {
    if (options !== undefined || this.#host.offline !== undefined) return this.#callWith(definition, args, options);
    return this.#calls.call(definition, args);
  }

  #callWith<Args>(
    definition: ReducerDefinition<Args>,
    args: Args,
    options: ReducerCallOptions = noOptions,
  ): Promise<TransactionResult> {
    const { store, connection, ids, offline } = this.#host;
    const { optimisticChanges = noChanges, dropIfOffline = false } = options;
    try {
      checkCallNames(definition.action, options, optionNames);
      if (dropIfOffline && !connection.isOpen) return Promise.resolve(droppedResult(ids.nextRequestId()));
      if (!dropIfOffline && offline?.isWriter === true) {
        return offline.queue.call(definition, args, optimisticChanges, options);
      }
      const changes = optimisticChanges.length === 0 ? undefined : store.prepare(optimisticChanges);
      return this.#calls.call(definition, args, options, changes);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** An answer came: its rows are applied, and with them what was expected of it ends. */
  onResult(message: ReducerResult): void {
    const { rowSteps, identity, offline, connection, reportError } = this.#host;
    const querySets = message.outcome.tag === 'Ok' ? message.outcome.querySets : [];
    const call = offline?.queue.take(message.requestId) ?? this.#calls.take(message.requestId);
    const callerIdentity = identity.peek();
    if (call === undefined || callerIdentity === undefined) {
      const error = new ProtocolError(`the server answers reducer call ${message.requestId}, which there is not`);
      // An answer that came twice would count its rows twice.
      return querySets.length > 0 ? connection.violate(error) : reportError(error);
    }
    const { name: reducer, args, attached } = call;
    const answer = answerOf(call, message);
    const { timestamp } = message;
    const event: ReducerEvent = { kind: 'reducer', reducer, args, timestamp, status: statusOf(answer), callerIdentity };
    const ended = attached === undefined ? [] : [attached];
    rowSteps.transaction(event, querySets, () => this.#settle(call, answer, event), ended);
  }

  /** The connection is gone: what calls expected that wait nowhere is taken back. */
  onLost(error: ConnectionError): void {
    takeBack(this.#host.store, this.#calls.failAll(error));
  }

  #settle(call: ReducerCall<PendingChanges>, answer: ReducerAnswer, event: ReducerEvent): void {
    if (answer instanceof ReducerError) call.reject(answer);
    else call.resolve(answer);
    if (event.status.tag === 'internalError') this.#host.onInternalError(event.status.message);
    if (!this.#listeners.has(call.name)) return;
    this.#listeners.notify(call.name, { ...contextOf(event), event }, call.argsBytes);
  }
}

function statusOf(answer: ReducerAnswer): ReducerStatus {
  return answer instanceof ReducerError ? { tag: answer.status, message: answer.message } : { tag: 'committed' };
}
