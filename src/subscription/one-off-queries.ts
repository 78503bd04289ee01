import { type AwaitedCall } from '../calls/pending-call.ts';
import { PendingCalls } from '../calls/pending-calls.ts';
import { SubscriptionError } from '../errors.ts';
import { checkedMillis } from '../millis.ts';
import { checkNames } from '../option-names.ts';
import { type OneOffQueryResult, type TableRows } from '../wire/server-message.ts';
import { type Deferred, deferred } from '../deferred.ts';
import { type QuerySetsHost } from './query-sets.ts';

/** How long a query may take, and who may end the waiting. */
export interface OneOffQueryOptions {
  /** In milliseconds; `Infinity` waits for ever. */
  readonly timeoutMs?: number | undefined;
  /** Ends the waiting: the promise rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
}

/** Who asks them. */
interface OneOffQueriesHost extends Pick<QuerySetsHost, 'ids' | 'clock' | 'connection'> {
  /** In milliseconds, where a query does not say otherwise. */
  readonly callTimeoutMs: number;
}

/** A query that is asked is awaited as a call is; its name is its text. */
type PendingQuery = Deferred<readonly TableRows[]> & AwaitedCall<readonly TableRows[]>;

/** The queries that are asked once. */
export class OneOffQueries {
  /** The queries whose answers are outstanding. */
  readonly pending: PendingCalls<PendingQuery>;
  readonly #host: OneOffQueriesHost;

  constructor(host: OneOffQueriesHost) {
    this.#host = host;
    this.pending = new PendingCalls(host.clock);
  }

  /** Asks; rejects with a {@link SubscriptionError} when the server refuses the query, with a {@link TimeoutError} or with the reason of an abort. */
  async ask(query: string, options: OneOffQueryOptions = {}): Promise<readonly TableRows[]> {
    checkNames('oneOffQuery', options, ['timeoutMs', 'signal']);
    const { signal, timeoutMs = this.#host.callTimeoutMs } = options;
    checkedMillis('timeoutMs', timeoutMs);
    signal?.throwIfAborted();
    const requestId = this.#host.ids.nextRequestId();
    this.#host.connection.send({ tag: 'OneOffQuery', requestId, query });
    const answer = deferred<readonly TableRows[]>();
    const pending: PendingQuery = { ...answer, requestId, name: query, action: `asking ${query}`, deadline: undefined };
    try {
      return await this.pending.wait(pending, answer.promise, timeoutMs, signal);
    } finally {
      pending.deadline?.leave();
    }
  }

  /** An answer came. One that nobody waits for, such as that to a probe, says only that the server is alive. */
  onResult({ requestId, result }: OneOffQueryResult): void {
    const pending = this.pending.take(requestId);
    if (pending === undefined) return;
    if ('ok' in result) pending.resolve(result.ok);
    else pending.reject(new SubscriptionError(result.err, [pending.name]));
  }

  /** The connection broke: nothing will be answered any more. */
  failAll(cause: Error): void {
    this.pending.failAll(cause, 'ask again once there is a connection');
  }
}
