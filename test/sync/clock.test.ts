import { describe, expect, test } from 'vitest';
import { all, committed, scores } from '../client/scripted-client.ts';
import { FakeClock, settled } from '../support/fake-clock.ts';
import { OfflineClient } from './offline-client.ts';

const year = 365 * 86_400_000;

describe('a clock that is set', () => {
  test('back by years leaves calls in their order, also between runs, and what waits for its time', async () => {
    const first = await OfflineClient.create();
    await first.addScore(1);
    first.scripted.clock.jump(-5 * year);
    await first.addScore(2);
    const second = await first.restart({ clock: new FakeClock(7) });
    await second.addScore(3);
    await second.scripted.connect();
    await settled();
    expect(second.calls).toHaveLength(3);
    expect(second.client.pendingMutations.value.map(({ args }) => args)).toEqual(
      [1n, 2n, 3n].map((points) => ({ player: 'ann', points })),
    );
    for (const { requestId } of second.calls) second.scripted.socket.receive(committed(requestId));
    await settled();
    expect(second.told).toEqual(['add_score committed', 'add_score committed', 'add_score committed']);
    await second[Symbol.asyncDispose]();
  });

  test('is that of `lastSyncTime`: it does not stay in the future after one that was ahead', async () => {
    const offline = await OfflineClient.create();
    const { clock } = offline.scripted;
    clock.jump(3 * year);
    await offline.scripted.connect();
    await offline.scripted.subscribe(all, scores(1));
    const ahead = clock.now();
    expect(offline.client.syncState.value.lastSyncTime).toBe(ahead);
    clock.jump(-3 * year);
    const call = offline.addScore(2);
    await settled();
    offline.scripted.socket.receive(committed(offline.calls[0]?.requestId ?? 0));
    await call;
    expect(offline.client.syncState.value.lastSyncTime).toBe(clock.now());
    await offline[Symbol.asyncDispose]();
  });
});
