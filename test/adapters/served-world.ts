import { type SpacetimeDbClient } from '../generated/reference/index.ts';
import { startLiveServer } from '../support/live-clients.ts';

/** A client on a server that renders: it is subscribed to three entities, and whatever renders must leave it as it was. */
export interface ServedWorld extends AsyncDisposable {
  readonly client: SpacetimeDbClient;
  /** How many signals of the client are watched, and how many query sets it has: 0 and 1. */
  inUse(): readonly [watched: number, querySets: number];
}

export async function startServedWorld(): Promise<ServedWorld> {
  const live = await startLiveServer();
  const client = await live.connect(['SELECT * FROM entity']);
  await client.reducers.spawn({ firstId: 1, count: 3 });
  return {
    client,
    inUse: () => {
      const { watched, querySets } = client.inspect();
      return [Object.values(watched).reduce((sum, one) => sum + one, 0), querySets.length];
    },
    [Symbol.asyncDispose]: () => live[Symbol.asyncDispose](),
  };
}
