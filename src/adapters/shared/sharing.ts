import { type Client, type Query, type SharedSubscription } from '../../index.ts';

/** What a component subscribes to; `undefined` while it does not know yet, and then it is not ready. */
export type Queries = Query | readonly Query[] | undefined;

/** How a component subscribes. */
export interface SubscriptionOptions {
  /**
   * How long the query set outlives the last component that wants it, in milliseconds, so that one that comes back in time finds its rows and nothing is
   * asked again. Default 1,000.
   */
  readonly lingerMs?: number | undefined;
}

const defaultLingerMs = 1000;

/** A text that is the same for the same queries, however often they are written down anew. */
export function keyOfQueries(queries: Queries): string | undefined {
  if (queries === undefined) return undefined;
  const list = typeof queries === 'string' || 'toSql' in queries ? [queries] : queries;
  return JSON.stringify(list.map((query) => (typeof query === 'string' ? query : query.toSql())));
}

/** What {@link keyOfQueries} made the key of. */
export function textsOf(key: string): readonly string[] {
  return JSON.parse(key);
}

/** Takes part in the query set of a key that {@link keyOfQueries} made, until the function that it returns is called. */
export function shareKey(client: Client, key: string | undefined, lingerMs: number = defaultLingerMs): () => void {
  return key === undefined ? () => undefined : shared(client, key, lingerMs).release;
}

/** Takes part in a query set on behalf of those who may never come to it, and gives it back a while after the answer; fulfilled then. */
export function untilAnswered(client: Client, key: string, lingerMs: number = defaultLingerMs): Promise<void> {
  const { applied, release } = shared(client, key, Math.max(lingerMs, defaultLingerMs));
  return applied.then(release, release);
}

function shared(client: Client, key: string, lingerMs: number): SharedSubscription {
  return client.subscriptions.share(textsOf(key), { lingerMs });
}
