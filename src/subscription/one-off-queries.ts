import { ConnectionError, SubscriptionError, TimeoutError } from '../errors.ts';
import { checkedMillis } from '../millis.ts';
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

interface PendingQuery {
  readonly query: string;
  readonly answer: Deferred<readonly TableRows[]>;
}

const nothing = (): void => undefined;

/** The queries that are asked once. */
export class OneOffQueries {
  readonly #host: OneOffQueriesHost;
  readonly #pending = new Map<number, PendingQuery>();

  constructor(host: OneOffQueriesHost) {
    this.#host = host;
  }

  /** How many answers are waited for. */
  get size(): number {
    return this.#pending.size;
  }

  /** Asks; rejects with a {@link SubscriptionError} when the server refuses the query, with a {@link TimeoutError} or with the reason of an abort. */
  async ask(query: string, options: OneOffQueryOptions = {}): Promise<readonly TableRows[]> {
    const { signal, timeoutMs = this.#host.callTimeoutMs } = options;
    checkedMillis('timeoutMs', timeoutMs);
    signal?.throwIfAborted();
    const requestId = this.#host.ids.nextRequestId(this.#pending);
    this.#host.connection.send({ tag: 'OneOffQuery', requestId, query });
    const answer = deferred<readonly TableRows[]>();
    this.#pending.set(requestId, { query, answer });
    const abort = (): void => answer.reject(signal?.reason);
    const tooLate = (): void => answer.reject(new TimeoutError(`asking ${query}: no answer within ${timeoutMs} ms`));
    const cancelTimer = timeoutMs === Infinity ? nothing : this.#host.clock.setTimer(timeoutMs, tooLate);
    signal?.addEventListener('abort', abort);
    try {
      return await answer.promise;
    } finally {
      this.#pending.delete(requestId);
      cancelTimer();
      signal?.removeEventListener('abort', abort);
    }
  }

  /** An answer came. One that nobody waits for, such as that to a probe, says only that the server is alive. */
  onResult({ requestId, result }: OneOffQueryResult): void {
    const pending = this.#pending.get(requestId);
    if (pending === undefined) return;
    if ('ok' in result) pending.answer.resolve(result.ok);
    else pending.answer.reject(new SubscriptionError(result.err, [pending.query]));
  }

  /** The connection broke: nothing will be answered any more. */
  failAll(cause: Error): void {
    for (const { query, answer } of this.#pending.values()) {
      answer.reject(new ConnectionError(`asking ${query}: the connection broke before the answer came`, { cause }));
    }
  }
}
