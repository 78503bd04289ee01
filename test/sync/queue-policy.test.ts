import { describe, expect, test } from 'vitest';
import { MutationDiscardedError, QueueFullError, TimeoutError } from '../../src/errors.ts';
import { committed } from '../client/scripted-client.ts';
import { settled } from '../support/fake-clock.ts';
import { OfflineClient } from './offline-client.ts';

/** Tells the server's yes to every call that is on its way. */
async function commitAll(offline: OfflineClient): Promise<void> {
  let answered = 0;
  while (answered < offline.calls.length) {
    const call = offline.calls[answered++];
    if (call !== undefined) offline.scripted.socket.receive(committed(call.requestId));
    await settled();
  }
}

function say(offline: OfflineClient, text: string): Promise<unknown> {
  return offline.client.reducers.say({ room: 1, text });
}

/** A call is sent, and the connection breaks before it is answered; then there is another one. */
async function loseAnswer(offline: OfflineClient): Promise<void> {
  await offline.scripted.connect();
  const call = say(offline, 'a');
  call.catch(() => undefined);
  await settled();
  offline.scripted.socket.drop();
  await call;
  await offline.scripted.comeBack();
  await settled();
}

/** What was said, as it was sent. */
function said(offline: OfflineClient): string[] {
  return offline.calls.map(({ args }) => new TextDecoder().decode(args.subarray(8)));
}

describe('by default', () => {
  test('a call of 30 days ago is still sent', async () => {
    await using offline = await OfflineClient.create();
    await say(offline, 'old');
    offline.scripted.clock.jump(30 * 86_400_000);
    await offline.scripted.connect();
    await settled();
    expect(said(offline)).toEqual(['old']);
    await commitAll(offline);
    expect(offline.told).toEqual(['say committed']);
  });

  test('calls are sent in their order, as many at once as the window allows', async () => {
    await using offline = await OfflineClient.create({ queuePolicy: { window: 3 } });
    const texts = ['a', 'b', 'c', 'd', 'e'];
    for (const text of texts) await say(offline, text);
    await offline.scripted.connect();
    await settled();
    expect(said(offline)).toEqual(['a', 'b', 'c']);
    await commitAll(offline);
    expect(said(offline)).toEqual(texts);
    expect(offline.outcomes.map(({ mutation }) => mutation.args)).toEqual(texts.map((text) => ({ room: 1, text })));
  });

  test('nothing asks from time to time: a queue that waits has no timer', async () => {
    await using offline = await OfflineClient.create();
    await say(offline, 'a');
    expect(offline.scripted.clock.openTimers).toBe(0);
  });
});

describe('maxMutationAgeMs', () => {
  test('is looked at when the turn of a call comes: an older one is never sent, and the next goes on', async () => {
    await using offline = await OfflineClient.create({ queuePolicy: { maxMutationAgeMs: 1000 } });
    const old = await offline.addScore(1);
    offline.scripted.clock.jump(1001);
    await say(offline, 'fresh');
    expect(offline.scripted.points).toEqual([1]);
    await offline.scripted.connect();
    await settled();
    expect(said(offline)).toEqual(['fresh']);
    expect(offline.scripted.points).toEqual([]);
    await expect(old.settled).rejects.toMatchObject({ code: 'mutationDiscarded', reason: 'expired' });
    await commitAll(offline);
    expect(offline.told).toEqual(['add_score expired', 'say committed']);
    expect(await offline.stored()).toEqual([]);
  });

  test('takes any number of calls out at once', async () => {
    await using offline = await OfflineClient.create({ queuePolicy: { maxMutationAgeMs: 1000 } });
    const count = 5000;
    await Promise.all(Array.from({ length: count }, (_, index) => say(offline, `${index}`)));
    offline.scripted.clock.jump(1001);
    await say(offline, 'fresh');
    await offline.scripted.connect();
    await settled();
    expect(said(offline)).toEqual(['fresh']);
    expect(offline.outcomes.map(({ outcome }) => outcome)).toEqual(Array.from({ length: count }, () => 'expired'));
    expect(offline.scripted.errors).toEqual([]);
  });
});

test('a hook may call a reducer itself, also where it is asked at once: each call is asked about once', async () => {
  const asked: unknown[] = [];
  await using offline = await OfflineClient.create({
    queuePolicy: {
      window: 1,
      onBeforeReplay: ({ args }) => {
        asked.push(args);
        if (asked.length === 2) void say(offline, 'from the hook');
        return 'replay';
      },
    },
  });
  await say(offline, 'a');
  await say(offline, 'b');
  await offline.scripted.connect();
  await settled();
  offline.scripted.socket.drop();
  // From here on the store need not be asked first: it knows already that these calls may have been sent.
  await offline.scripted.comeBack();
  await settled();
  const a = { room: 1, text: 'a' };
  expect(asked).toEqual([a, a]);
  await commitAll(offline);
  expect(asked).toEqual([a, a, { room: 1, text: 'b' }]);
  expect(said(offline)).toEqual(['a', 'b', 'from the hook']);
});

describe('maxQueueLength', () => {
  test('rejects the new call, without a trace of it', async () => {
    await using offline = await OfflineClient.create({ queuePolicy: { maxQueueLength: 1 } });
    await say(offline, 'a');
    await expect(offline.addScore(1)).rejects.toBeInstanceOf(QueueFullError);
    expect(offline.scripted.points).toEqual([]);
    expect(offline.pending).toEqual(['say queued']);
    expect(offline.told).toEqual([]);
  });

  test('or drops the oldest at once, and keeps the order of the rest: of 8 edits with a bound of 5 the last 5 are sent', async () => {
    await using offline = await OfflineClient.create({ queuePolicy: { maxQueueLength: 5, overflow: 'dropOldest' } });
    for (let index = 1; index <= 8; index++) await say(offline, String(index));
    expect(offline.told).toEqual(['say evicted', 'say evicted', 'say evicted']);
    expect(offline.client.syncState.value.failures).toHaveLength(3);
    await offline.scripted.connect();
    await settled();
    expect(said(offline)).toEqual(['4', '5', '6', '7', '8']);
    await commitAll(offline);
  });

  test('never drops one that is on its way: where all are, the new call is rejected', async () => {
    await using offline = await OfflineClient.create({
      queuePolicy: { maxQueueLength: 2, overflow: 'dropOldest', window: 1 },
    });
    await offline.scripted.connect();
    const first = say(offline, 'a');
    const second = say(offline, 'b');
    const third = say(offline, 'c');
    await expect(second).rejects.toBeInstanceOf(MutationDiscardedError);
    await settled();
    expect(said(offline)).toEqual(['a']);
    await commitAll(offline);
    await Promise.all([first, third]);
    expect(offline.told).toEqual(['say evicted', 'say committed', 'say committed']);
  });
});

describe('onBeforeReplay', () => {
  test('is asked once for each call that waited, in order, and has a veto', async () => {
    const asked: unknown[] = [];
    await using offline = await OfflineClient.create({
      queuePolicy: {
        onBeforeReplay: ({ args }) => {
          asked.push(args);
          return asked.length === 2 ? 'discard' : 'replay';
        },
      },
    });
    for (const text of ['a', 'b', 'c']) await say(offline, text);
    await offline.scripted.connect();
    await settled();
    expect(asked).toEqual(['a', 'b', 'c'].map((text) => ({ room: 1, text })));
    expect(said(offline)).toEqual(['a', 'c']);
    const online = say(offline, 'd');
    await settled();
    expect(asked).toHaveLength(3);
    await commitAll(offline);
    await online;
    expect(offline.told).toEqual(['say vetoed', 'say committed', 'say committed', 'say committed']);
  });

  test('may take its time, and everything behind it waits', async () => {
    let decide: (decision: 'replay') => void = () => undefined;
    await using offline = await OfflineClient.create({
      queuePolicy: { onBeforeReplay: () => new Promise((resolve) => void (decide = resolve)) },
    });
    await say(offline, 'a');
    await offline.scripted.connect();
    await settled();
    const behind = say(offline, 'b');
    await settled();
    expect(said(offline)).toEqual([]);
    expect(offline.client.syncState.value.status).toBe('syncing');
    decide('replay');
    await settled();
    expect(said(offline)).toEqual(['a', 'b']);
    await commitAll(offline);
    await behind;
  });

  test('that throws keeps the call in the queue, is reported, and is asked again after a pause', async () => {
    let asked = 0;
    await using offline = await OfflineClient.create({
      queuePolicy: {
        onBeforeReplay: () => {
          asked++;
          if (asked === 1) throw new Error('not now');
          return 'replay';
        },
      },
    });
    await say(offline, 'a');
    await offline.scripted.connect();
    await settled();
    expect(offline.scripted.errors).toMatchObject([{ message: 'not now' }]);
    expect(offline.client.syncState.value).toMatchObject({
      status: 'waitingToRetry',
      nextRetryAt: offline.scripted.clock.now() + 5000,
      lastError: { message: 'not now' },
    });
    offline.scripted.clock.advance(5000);
    await settled();
    expect(said(offline)).toEqual(['a']);
    await commitAll(offline);
    expect(offline.told).toEqual(['say committed']);
  });

  test('that fails again is asked after a longer pause, and from the beginning once it has answered', async () => {
    const answers = ['no', 'no', 'yes', 'no', 'yes'];
    await using offline = await OfflineClient.create({
      queuePolicy: {
        onBeforeReplay: () => {
          if (answers.shift() === 'no') throw new Error('not now');
          return 'replay';
        },
      },
    });
    await say(offline, 'a');
    await say(offline, 'b');
    await offline.scripted.connect();
    await settled();
    const pauses: number[] = [];
    while (said(offline).length < 2 && pauses.length < 9) {
      const { nextRetryAt = 0 } = offline.client.syncState.value;
      pauses.push(nextRetryAt - offline.scripted.clock.now());
      offline.scripted.clock.advance(pauses.at(-1) ?? 0);
      await settled();
    }
    expect(pauses).toEqual([5000, 10_000, 5000]);
    await commitAll(offline);
  });

  test('that takes too long has failed; what that means is an option', async () => {
    await using offline = await OfflineClient.create({
      queuePolicy: { onBeforeReplay: () => new Promise(() => undefined), hookTimeoutMs: 50, onHookError: 'discard' },
    });
    const result = await offline.addScore(1);
    await offline.scripted.connect();
    await settled();
    offline.scripted.clock.advance(50);
    await settled();
    await expect(result.settled).rejects.toMatchObject({ reason: 'vetoed' });
    expect(offline.scripted.errors).toEqual([expect.any(TimeoutError)]);
    expect(offline.scripted.points).toEqual([]);
  });
});

describe('onUncertain', () => {
  test.each([
    ['committed', ['say committed ?'], []],
    ['replay', ['say committed ?'], ['a']],
    ['discard', ['say vetoed ?'], []],
  ] as const)('decides what becomes of a call that was on its way: %s', async (decision, told, sent) => {
    const asked: [string, boolean][] = [];
    await using offline = await OfflineClient.create({
      queuePolicy: {
        onUncertain: ({ reducer }, isSeen) => {
          asked.push([reducer, isSeen]);
          return decision;
        },
      },
    });
    await loseAnswer(offline);
    expect(asked).toEqual([['say', false]]);
    expect(said(offline)).toEqual(sent);
    await commitAll(offline);
    expect(offline.told).toEqual(told);
  });
});

test.each([
  ['keep', [], []],
  ['replay', ['a'], []],
  ['discard', [], ['say vetoed ?']],
] as const)('a hook that rejects means what onHookError says: %s', async (onHookError, sent, told) => {
  await using offline = await OfflineClient.create({
    queuePolicy: { onUncertain: () => Promise.reject(new Error('no idea')), onHookError },
  });
  await loseAnswer(offline);
  expect([said(offline), offline.told, offline.scripted.errors.map(String)]).toEqual([sent, told, ['Error: no idea']]);
  expect(offline.client.syncState.value.nextRetryAt !== undefined).toBe(onHookError === 'keep');
});

describe('failures', () => {
  test('are kept up to a bound, the newest, until they are cleared', async () => {
    await using offline = await OfflineClient.create({
      queuePolicy: { maxQueueLength: 1, overflow: 'dropOldest', maxRetainedFailures: 2 },
    });
    for (const text of ['a', 'b', 'c', 'd']) await say(offline, text);
    const { failures } = offline.client.syncState.value;
    expect(failures.map(({ mutation }) => mutation.args)).toEqual([
      { room: 1, text: 'b' },
      { room: 1, text: 'c' },
    ]);
    offline.client.clearSyncErrors();
    expect(offline.client.syncState.value.failures).toEqual([]);
  });

  test('and successes around them are told apart', async () => {
    await using offline = await OfflineClient.create({ queuePolicy: { maxMutationAgeMs: 10 } });
    await say(offline, 'late');
    offline.scripted.clock.jump(11);
    await say(offline, 'good');
    await offline.scripted.connect();
    await settled();
    await commitAll(offline);
    expect(offline.told).toEqual(['say expired', 'say committed']);
    expect(offline.client.syncState.value).toMatchObject({
      status: 'error',
      pendingCount: 0,
      lastSyncTime: offline.scripted.clock.now(),
    });
    expect(offline.client.syncState.value.failures).toHaveLength(1);
  });
});

test('a policy that bounds nothing is refused', async () => {
  await expect(OfflineClient.create({ queuePolicy: { window: 0 } })).rejects.toThrow('queuePolicy.window is 0');
  await expect(OfflineClient.create({ queuePolicy: { maxQueueLength: Number.NaN } })).rejects.toThrow('maxQueueLength');
});
