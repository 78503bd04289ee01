import { type ConnectionId } from '../../bsatn/special/connection-id.ts';
import { type Identity } from '../../bsatn/special/identity.ts';
import { TimeDuration } from '../../bsatn/special/time-duration.ts';
import { Timestamp } from '../../bsatn/special/timestamp.ts';
import { messageOf } from '../../errors.ts';
import {
  type CallProcedureMessage,
  type CallReducerMessage,
  type ClientMessage,
  type OneOffQueryMessage,
  type SubscribeMessage,
  type UnsubscribeMessage,
} from '../../wire/client-message.ts';
import { type Compression } from '../../wire/compression.ts';
import { type QuerySetUpdate, type ReducerOutcome, type ServerMessage } from '../../wire/server-message.ts';
import { type ProtocolVersion } from '../../wire/version.ts';
import { type ProcedureOutcome, type ReducerOutcome as CallOutcome } from '../commit.ts';
import { type Database } from '../database.ts';
import { ClientFrameError, ClientFrameReader } from './client-frame.ts';
import { type EncodedMessage, encodeMessage } from './encoded-message.ts';
import { packServerFrames } from './server-frame.ts';
import { type SharedUpdate } from './shared-update.ts';
import { type Subscriber, SubscriptionRefusal, type Subscriptions } from './subscriptions.ts';
import { type ClientTransport, closeCodes, maxFrameBytes, maxFrameMessages, type SessionInput } from './transport.ts';

/** What a session is made with. */
export interface SessionOptions {
  readonly identity: Identity;
  readonly connectionId: ConnectionId;
  /** The token of the upgrade request, or the one that was made for the client. */
  readonly token: string;
  readonly version: ProtocolVersion;
  readonly compression: Compression;
  /** Whether the client hears only of what cannot be lost any more. */
  readonly confirmed: boolean;
  /** The present one: a reload puts another one in its place. */
  readonly database: () => Database;
  readonly subscriptions: Subscriptions;
  readonly transport: ClientTransport;
  /** Called once, when the session is over. */
  readonly onEnd: () => void;
  /** Called with what goes wrong in the server itself; the client is told too. */
  readonly onError: (error: unknown) => void;
}

const noBytes = new Uint8Array();

/** A message in line. */
interface Outgoing {
  readonly message: EncodedMessage;
  /** The last commit that it may tell of. */
  readonly commit: number;
}

/**
 * One connection of a client. Every message is carried out when it comes, and its answer is put in line then; so answers and updates leave in the order of
 * the transactions. What has come together until the present task ends leaves together.
 */
export class Session implements SessionInput, Subscriber {
  readonly identity: Identity;
  readonly connectionId: ConnectionId;
  readonly #options: SessionOptions;
  #outbox: Outgoing[] = [];
  readonly #stopWaiting: () => void;
  #isOver = false;
  /** The changes of the reducer that this client is calling now, which go into its result. */
  #callUpdate: readonly QuerySetUpdate[] = [];

  /** The client is connected to the database already. */
  constructor(options: SessionOptions) {
    this.#options = options;
    this.identity = options.identity;
    this.connectionId = options.connectionId;
    const { identity, connectionId, token, confirmed, database } = options;
    this.#stopWaiting = confirmed ? database().durability.onDurable(this.#flush) : () => undefined;
    // Who the client is depends on no commit.
    this.#put(encodeMessage({ tag: 'InitialConnection', identity, connectionId, token }), 0);
  }

  receive(frame: Uint8Array): void {
    if (this.#isOver) return;
    if (frame.length > maxFrameBytes) {
      this.#options.transport.drop();
      this.end();
      return;
    }
    const { version } = this.#options;
    if (version === 'v3' && frame.length === 0) {
      this.#refuse(closeCodes.internalError, 'v3 websocket binary payload must contain at least one v2 client message');
      return;
    }
    const reader = new ClientFrameReader(frame);
    try {
      if (version === 'v2') this.#handle(reader.message());
      else this.#handleAll(reader);
    } catch (error) {
      if (!(error instanceof ClientFrameError)) this.#options.onError(error);
      this.#refuse(closeCodes.internalError, messageOf(error));
    }
  }

  receiveText(): void {
    if (this.#isOver) return;
    this.#refuse(closeCodes.internalError, `${this.#options.version} websocket does not support text messages`);
  }

  /** What is in line leaves; nothing that comes is carried out any more. */
  finish(): void {
    this.#flush();
    this.end();
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopWaiting();
    this.#options.subscriptions.drop(this);
    this.#options.onEnd();
  }

  notify(update: SharedUpdate, isOwnCall: boolean): void {
    if (isOwnCall) this.#callUpdate = update.querySets;
    else this.#put(update.message);
  }

  notifyFailure(querySetId: number, error: string): void {
    this.#send({ tag: 'SubscriptionError', requestId: undefined, querySetId, error });
  }

  /** The client broke the protocol: what is in line still leaves, then the connection is closed. */
  #refuse(code: number, reason: string): void {
    this.#flush();
    this.#options.transport.close(code, reason);
    this.end();
  }

  #handleAll(reader: ClientFrameReader): void {
    for (let count = 0; !reader.isAtEnd; count++) {
      if (count === maxFrameMessages) {
        this.#refuse(closeCodes.tryAgainLater, 'too many requests');
        return;
      }
      this.#handle(reader.message());
    }
  }

  #handle(message: ClientMessage): void {
    switch (message.tag) {
      case 'Subscribe':
        return this.#subscribe(message);
      case 'Unsubscribe':
        return this.#unsubscribe(message);
      case 'OneOffQuery':
        return this.#oneOffQuery(message);
      case 'CallReducer':
        return this.#callReducer(message);
      case 'CallProcedure':
        return this.#callProcedure(message);
    }
  }

  #subscribe({ requestId, querySetId, queries }: SubscribeMessage): void {
    this.#send(
      orRefusal(
        () => {
          const tables = this.#options.subscriptions.subscribe(this, querySetId, queries);
          return { tag: 'SubscribeApplied', requestId, querySetId, tables };
        },
        (error) => ({ tag: 'SubscriptionError', requestId, querySetId, error }),
      ),
    );
  }

  #unsubscribe({ requestId, querySetId, sendDroppedRows }: UnsubscribeMessage): void {
    this.#send(
      orRefusal(
        () => {
          const tables = this.#options.subscriptions.unsubscribe(this, querySetId, sendDroppedRows);
          return { tag: 'UnsubscribeApplied', requestId, querySetId, tables };
        },
        (error) => ({ tag: 'SubscriptionError', requestId, querySetId, error }),
      ),
    );
  }

  #oneOffQuery({ requestId, query }: OneOffQueryMessage): void {
    this.#send(
      orRefusal(
        () => {
          const ok = [this.#options.subscriptions.query(this.identity, query)];
          return { tag: 'OneOffQueryResult', requestId, result: { ok } };
        },
        (err) => ({ tag: 'OneOffQueryResult', requestId, result: { err } }),
      ),
    );
  }

  #callReducer({ requestId, reducer, args }: CallReducerMessage): void {
    const { identity, connectionId } = this;
    this.#callUpdate = [];
    const call = this.#options.database().callReducer({ name: reducer, args, identity, connectionId });
    const timestamp = new Timestamp(call.timestamp);
    this.#send({ tag: 'ReducerResult', requestId, timestamp, outcome: reducerOutcome(call, this.#callUpdate) });
  }

  #callProcedure({ requestId, procedure, args }: CallProcedureMessage): void {
    const { identity, connectionId } = this;
    const outcome = this.#options.database().callProcedure({ name: procedure, args, identity, connectionId });
    if (outcome instanceof Promise) void outcome.then((later) => this.#sendProcedureResult(requestId, later));
    else this.#sendProcedureResult(requestId, outcome);
  }

  #sendProcedureResult(requestId: number, outcome: ProcedureOutcome): void {
    const hasReturned = outcome.tag === 'returned';
    this.#send({
      tag: 'ProcedureResult',
      requestId,
      status: hasReturned
        ? { tag: 'Returned', value: outcome.value }
        : { tag: 'InternalError', message: outcome.message },
      timestamp: new Timestamp(hasReturned ? outcome.timestamp : 0n),
      duration: new TimeDuration(hasReturned ? outcome.durationMicros : 0n),
    });
  }

  #send(message: ServerMessage): void {
    this.#put(encodeMessage(message));
  }

  #put(message: EncodedMessage, commit: number = this.#options.database().durability.lastCommit): void {
    if (this.#outbox.length > 0) {
      this.#outbox.push({ message, commit });
    } else {
      // Mostly it is the only one, and an empty array that is pushed to makes room for 16.
      this.#outbox = [{ message, commit }];
      queueMicrotask(this.#flush);
    }
  }

  /** Sends what is in line, up to the first message that has to wait; its time comes when more is durable, or else the connection ends. */
  readonly #flush = (): void => {
    const { version, compression, transport, confirmed, database } = this.#options;
    const { durableCommit, failure } = database().durability;
    const held = confirmed ? this.#outbox.findIndex(({ commit }) => commit > durableCommit) : -1;
    const leaving = held === -1 ? this.#outbox : this.#outbox.slice(0, held);
    this.#outbox = held === -1 ? [] : this.#outbox.slice(held);
    if (this.#isOver) return;
    const messages = leaving.map(({ message }) => message);
    if (messages.length > 0) transport.send(packServerFrames(messages, version, compression));
    if (held === -1 || failure === undefined) return;
    this.#outbox = [];
    this.#refuse(closeCodes.internalError, failure.message);
  };
}

/** The answer, or the one that says why there is none. */
function orRefusal(answer: () => ServerMessage, refusal: (text: string) => ServerMessage): ServerMessage {
  try {
    return answer();
  } catch (error) {
    if (!(error instanceof SubscriptionRefusal)) throw error;
    return refusal(error.message);
  }
}

/** A server answers `Ok` even where there is nothing to say, never `OkEmpty`, and never with a return value. */
function reducerOutcome(call: CallOutcome, querySets: readonly QuerySetUpdate[]): ReducerOutcome {
  switch (call.tag) {
    case 'committed':
      return { tag: 'Ok', returnValue: noBytes, querySets };
    case 'failed':
      return { tag: 'Err', error: call.error };
    case 'internalError':
      return { tag: 'InternalError', message: call.message };
  }
}
