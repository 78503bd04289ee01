import { expect, test } from 'vitest';
import { connectOfficial } from '../../official/official-client.ts';
import { referenceWasm } from '../../support/golden/reference-schema.ts';
import { eventually, startLiveServer } from '../../support/live-clients.ts';
import { referenceProject } from '../../support/typescript-project.ts';

test('a module in Rust and the same one in TypeScript take each other’s place, and no client notices', async () => {
  await using live = await startLiveServer();
  const queries = ['SELECT * FROM message', 'SELECT * FROM setting', 'SELECT * FROM lobby'];
  const ours = await live.connect(queries);
  const official = await connectOfficial(live.server);
  await official.subscribe(queries);
  const states: string[] = [];
  ours.connection.onStateChanged(({ status }) => states.push(status));
  const [motd] = ours.setting.rows.value;

  for (const [turn, module] of [referenceProject, referenceWasm, referenceProject].entries()) {
    expect(await live.server.reload(module)).toEqual({ changes: [] });
    await ours.reducers.say({ room: 0, text: `ours ${turn}` });
    await official.connection.reducers.say({ room: 0, text: `theirs ${turn}` });
  }
  const expected = [0, 1, 2].flatMap((turn) => [`ours ${turn}`, `theirs ${turn}`]);
  await eventually('all messages', () => ours.message.count() === 6 && official.rows('message').length === 6);
  expect(ours.message.rows.value.map(({ text }) => text).sort()).toEqual(expected.sort());
  expect(new Set(ours.message.rows.value.map(({ id }) => id))).toEqual(new Set([1n, 2n, 3n, 4n, 5n, 6n]));
  expect(ours.lobby.count()).toBe(6);
  expect(ours.setting.rows.value[0]).toBe(motd);
  expect(states).toEqual([]);
  expect(live.errors).toEqual([]);
  await official.close();
});
