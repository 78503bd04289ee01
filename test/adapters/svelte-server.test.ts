import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { bundleExample } from '../support/bundle-example.ts';
import { startLiveServer } from '../support/live-clients.ts';
import { sveltePluginFor } from '../support/svelte-plugin.ts';

const at = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** A program of its own: on a server Svelte is another one than in a browser, and components are compiled for it. */
const program = `
  import { render } from 'svelte/server';
  import { SpacetimeDbClient } from '${at('generated/reference/index.ts')}';
  import Shown from './shown.svelte';

  const client = await SpacetimeDbClient.create({ host: process.argv[2], database: 'live' });
  await client.connect({ initialSubscriptions: 'SELECT * FROM entity' });
  await client.reducers.spawn({ firstId: 1, count: 3 });
  const { body } = render(Shown, { props: { client } });
  const { watched, querySets } = client.inspect();
  console.log(JSON.stringify([body.replace(/<!--.*?-->/g, ''), new Set(Object.values(watched)).size, querySets.length]));
  await client.dispose();
`;

const shown = `
  <script>
    import { useCall, useReady, useRow, useRows, useSubscription } from 'spacetimedb-signals/svelte';
    const { client } = $props();
    const entities = useRows(client.entity);
    const third = useRow(client.entity.entityId, () => 3);
    const subscription = useSubscription(client, 'SELECT * FROM message');
    const spawn = useCall(client.reducers.spawn);
    const isReady = useReady(client.entity);
  </script>
  <p>{entities.current.length} {third.current.health} {subscription.isReady} {spawn.isPending} {$isReady}</p>
`;

test('a server renders the rows that are there, subscribes to nothing and leaves nothing behind', async () => {
  const folder = await mkdtemp(at('.docs-'));
  await using live = await startLiveServer();
  try {
    await writeFile(join(folder, 'main.js'), program);
    await writeFile(join(folder, 'shown.svelte'), shown);
    await bundleExample(join(folder, 'main.js'), join(folder, 'main.mjs'), [sveltePluginFor('server')]);
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'main.mjs'), live.server.host]);
    expect(JSON.parse(stdout)).toEqual(['<p>3 100 false false true</p>', 1, 1]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
