import { renderToString } from 'vue/server-renderer';
import { createSSRApp, defineComponent, effectScope, h } from 'vue';
import { useCall, useReady, useRow, useRows, useSubscription } from 'spacetimedb-signals/vue';
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

test('a server renders the rows that are there, subscribes to nothing and leaves nothing behind', async () => {
  const app = defineComponent(() => {
    const entities = useRows(client.entity);
    const third = useRow(client.entity.entityId, () => 3);
    const { isReady } = useSubscription(client, 'SELECT * FROM message');
    const { isPending } = useCall(client.reducers.spawn);
    const isSubscribed = useReady(client.entity);
    return () =>
      h(
        'p',
        [entities.value.length, third.value?.health, isReady.value, isPending.value, isSubscribed.value].join(' '),
      );
  });
  expect(await renderToString(createSSRApp(app))).toBe('<p>3 100 false false true</p>');
  expect(world.inUse()).toEqual([0, 1]);
});

test('outside of components an effect scope is what it lives as long as', async () => {
  const scope = effectScope();
  const rows = scope.run(() => useRows(client.entity));
  const subscription = scope.run(() => useSubscription(client, 'SELECT * FROM message', { lingerMs: 0 }));
  await expect.poll(() => subscription?.isReady.value).toBe(true);
  await client.reducers.spawn({ firstId: 4, count: 1 });
  expect([rows?.value.length, client.inspect().querySets.length]).toEqual([4, 2]);
  scope.stop();
  await expect.poll(() => world.inUse()).toEqual([0, 1]);
});
