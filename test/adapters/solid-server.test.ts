import { useCall, useReady, useRow, useRows, useSubscription } from 'spacetimedb-signals/solid';
import { renderToString } from 'solid-js/web';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SpacetimeDbClient } from '../generated/reference/index.ts';
import { type ServedWorld, startServedWorld } from './served-world.ts';

let world: ServedWorld;
let client: SpacetimeDbClient;

beforeAll(async () => {
  world = await startServedWorld();
  ({ client } = world);
});

afterAll(() => world[Symbol.asyncDispose]());

test('a server renders the rows that are there, subscribes to nothing and leaves nothing behind', () => {
  const html = renderToString(() => {
    const entities = useRows(client.entity);
    const third = useRow(client.entity.entityId, () => 3);
    const subscription = useSubscription(client, 'SELECT * FROM message');
    const spawn = useCall(client.reducers.spawn);
    const isSubscribed = useReady(client.entity);
    return [entities().length, third()?.health, subscription.isReady, spawn.isPending, isSubscribed()].join(' ');
  });
  expect(html).toBe('3 100 false false true');
  expect(world.inUse()).toEqual([0, 1]);
});
