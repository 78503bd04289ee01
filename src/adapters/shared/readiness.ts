import { computed, type ReadonlySignal } from '@preact/signals-core';
import { type Client, type SharedSubscription } from '../../index.ts';
import { type Queries, type Readiness } from './vocabulary.ts';

/** How long a subscription outlives the last component that wants it, in milliseconds, where nothing else is said. */
export const defaultLingerMs = 1000;

const notReady: Readiness = { isReady: false, error: undefined };
const ready: Readiness = { isReady: true, error: undefined };

/** A text that is the same for the same queries, however often they are written down anew. */
export function keyOfQueries(queries: Queries): string | undefined {
  if (queries === undefined) return undefined;
  const list = typeof queries === 'string' || 'toSql' in queries ? [queries] : queries;
  return JSON.stringify(list.map((query) => (typeof query === 'string' ? query : query.toSql())));
}

/** Takes part in the query set of a key that {@link keyOfQueries} made, until the function that it returns is called. */
export function shareKey(client: Client, key: string | undefined, lingerMs: number): () => void {
  return key === undefined ? () => undefined : shared(client, key, lingerMs).release;
}

/** Takes part in a query set on behalf of those who may never come to it, and gives it back a while after the answer; fulfilled then. */
export function untilAnswered(client: Client, key: string, lingerMs: number): Promise<void> {
  const { applied, release } = shared(client, key, Math.max(lingerMs, defaultLingerMs));
  return applied.then(release, release);
}

function shared(client: Client, key: string, lingerMs: number): SharedSubscription {
  return client.subscriptions.share(textsOf(key), { lingerMs });
}

/** How the query set of a key stands, whoever shares it. */
export function readinessOf(client: Client, key: string | undefined): ReadonlySignal<Readiness> {
  if (key === undefined) return computed(() => notReady);
  const state = client.subscriptions.sharedState(textsOf(key));
  let failed = notReady;
  return computed(() => {
    const { value } = state;
    if (value?.status === 'applied') return ready;
    if (value?.status !== 'failed') return notReady;
    if (failed.error !== value.error) failed = { isReady: false, error: value.error };
    return failed;
  });
}

/** A {@link Readiness} that is read when its properties are. */
export function liveReadiness(readiness: () => Readiness): Readiness {
  return {
    get isReady() {
      return readiness().isReady;
    },
    get error() {
      return readiness().error;
    },
  };
}

function textsOf(key: string): readonly string[] {
  return JSON.parse(key);
}
