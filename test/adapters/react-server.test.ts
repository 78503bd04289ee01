import { Writable } from 'node:stream';
import { createElement as h, type ReactElement, Suspense } from 'react';
import { renderToPipeableStream, renderToString } from 'react-dom/server';
import { useCall, useConnectionState, useReady, useRow, useRows, useSubscription } from 'spacetimedb-signals/react';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SpacetimeDbClient, tables } from '../generated/reference/index.ts';
import { type ServedWorld, startServedWorld } from './served-world.ts';

let world: ServedWorld;
let client: SpacetimeDbClient;

beforeAll(async () => {
  world = await startServedWorld();
  ({ client } = world);
  await client.reducers.say({ room: 3, text: 'hello' });
});

afterAll(() => world[Symbol.asyncDispose]());

function World(): ReactElement {
  const entities = useRows(client.entity);
  const third = useRow(client.entity.entityId, 3);
  const { isPending } = useCall(client.reducers.spawn);
  const shown = [entities.length, third?.health, useConnectionState(client).status, useReady(client.entity), isPending];
  return h('p', {}, shown.join(' '));
}

function Messages({ suspense }: { readonly suspense: boolean }): ReactElement {
  const query = tables.message.where((row) => row.room.eq(3));
  const { isReady } = useSubscription(client, query, { suspense });
  const messages = useRows(client.message.room, 3);
  return h('p', {}, isReady ? messages.map(({ text }) => text).join(' ') : 'loading');
}

test('a server renders the rows that are there, and leaves nothing behind', () => {
  expect(renderToString(h(World))).toBe('<p>3 100 connected true false</p>');
  expect(renderToString(h(Messages, { suspense: false }))).toBe('<p>loading</p>');
  expect(world.inUse()).toEqual([0, 1]);
});

test('a server that streams waits for the rows where a component suspends', async () => {
  const html = await streamed(h(Suspense, { fallback: 'loading' }, h(Messages, { suspense: true })));
  expect(html).toContain('<p>hello</p>');
  await expect.poll(() => client.inspect().querySets.length).toBe(1);
});

/** All that a server sends for an app. */
function streamed(app: ReactElement): Promise<string> {
  return new Promise((resolve, reject) => {
    let html = '';
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        html += chunk.toString();
        done();
      },
      final(done) {
        resolve(html);
        done();
      },
    });
    const { pipe } = renderToPipeableStream(app, { onAllReady: () => pipe(sink), onError: reject });
  });
}
