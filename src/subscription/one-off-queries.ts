import { SubscriptionError } from '../errors.ts';
import { type ClientMessage } from '../wire/client-message.ts';
import { type OneOffQueryResult, type TableRows } from '../wire/server-message.ts';
import { type Deferred, deferred } from './deferred.ts';

interface PendingQuery {
  readonly query: string;
  readonly answer: Deferred<readonly TableRows[]>;
}

/** The queries that are asked once. */
export class OneOffQueries {
  readonly #nextRequestId: () => number;
  readonly #send: (message: ClientMessage) => void;
  readonly #pending = new Map<number, PendingQuery>();

  constructor(nextRequestId: () => number, send: (message: ClientMessage) => void) {
    this.#nextRequestId = nextRequestId;
    this.#send = send;
  }

  /** How many answers are outstanding. */
  get size(): number {
    return this.#pending.size;
  }

  /** Asks; rejects with a {@link SubscriptionError} when the server refuses the query. */
  ask(query: string): Promise<readonly TableRows[]> {
    const requestId = this.#nextRequestId();
    const answer = deferred<readonly TableRows[]>();
    this.#pending.set(requestId, { query, answer });
    this.#send({ tag: 'OneOffQuery', requestId, query });
    return answer.promise;
  }

  /** An answer came. One that nobody waits for, such as that to a probe, says only that the server is alive. */
  onResult(message: OneOffQueryResult): void {
    const pending = this.#pending.get(message.requestId);
    if (pending === undefined) return;
    this.#pending.delete(message.requestId);
    if ('ok' in message.result) pending.answer.resolve(message.result.ok);
    else pending.answer.reject(new SubscriptionError(message.result.err, [pending.query]));
  }

  /** Nothing will be answered any more. */
  failAll(error: Error): void {
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { answer } of pending) answer.reject(error);
  }
}
