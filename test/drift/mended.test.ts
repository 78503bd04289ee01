import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { run, temporaryFolder } from '../codegen/command.ts';
import { otherModel, retyped, startClient, startOtherVersion } from './other-version.ts';

test('`generate` mends what the client complained of', async () => {
  const server = await startOtherVersion(otherModel({ Setting: retyped('value', { tag: 'U8' }) }));
  server.query("INSERT INTO setting (key, slot, value) VALUES ('motd', 1, 7)");
  const { client } = await startClient(server);
  await client.connect();
  await expect(client.subscriptions.subscribe('SELECT * FROM setting').applied).rejects.toThrow(
    'run `generate` and build again',
  );

  const folder = temporaryFolder();
  const args = ['-s', `http://${server.host}`, '-d', server.database, '-o', folder, '--import-ext', 'ts'];
  expect((await run(folder, ['generate', ...args])).errors).toEqual([]);
  const generated: typeof import('../generated/reference/index.ts') = await import(join(folder, 'index.ts'));
  const mended = await generated.SpacetimeDbClient.create({
    host: server.host,
    database: server.database,
    checkSchema: 'connect',
  });
  onTestFinished(() => mended.dispose());
  const errors: unknown[] = [];
  mended.onError((error) => errors.push(error));
  await mended.connect({ initialSubscriptions: 'SELECT * FROM setting' });
  expect(mended.setting.rows.value).toEqual([{ key: 'motd', slot: 1, value: 7 }]);
  expect(errors).toEqual([]);
});
