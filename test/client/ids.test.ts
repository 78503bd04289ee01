import { expect, test } from 'vitest';
import { countingIds } from '../../src/options.ts';
import { startLiveServer } from '../support/live-clients.ts';

const largest = 2 ** 32 - 1;

test('ids begin anew behind the largest that 32 bits hold, with query sets and calls from before that', async () => {
  await using live = await startLiveServer();
  const ids = countingIds(largest - 4);
  const client = await live.connect(['SELECT * FROM score'], { ids });
  const added = Array.from({ length: 8 }, async (_, index) =>
    client.reducers.addScore({ player: 'ann', points: BigInt(index) }),
  );
  const results = await Promise.all(added);
  expect(results.map(({ requestId }) => requestId)).toEqual([largest - 2, largest - 1, largest, 0, 1, 2, 3, 4]);
  const handles = Array.from({ length: 5 }, () =>
    client.subscriptions.subscribe('SELECT * FROM score WHERE points > 3'),
  );
  await Promise.all(handles.map(async ({ applied }) => applied));
  expect(handles.map(({ querySetId }) => querySetId)).toEqual([largest - 2, largest - 1, largest, 0, 1]);
  for (const handle of handles) await handle.unsubscribe();
  expect(client.score.count()).toBe(8);
  expect(live.errors).toEqual([]);
});
