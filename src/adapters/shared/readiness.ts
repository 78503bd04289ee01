import { computed, type ReadonlySignal } from '@preact/signals-core';
import { type Client } from '../../index.ts';
import { textsOf } from './sharing.ts';

/** How the subscription of a component stands. */
export interface Readiness {
  /** Whether its rows are in the tables. It stays true while the connection is lost and comes back, because the rows stay too. */
  readonly isReady: boolean;
  /** Why there are no rows and none are expected: the server refused the queries, or the rows do not fit the generated code, or they are late. */
  readonly error: Error | undefined;
}

const notReady: Readiness = { isReady: false, error: undefined };
const ready: Readiness = { isReady: true, error: undefined };

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
