import { expect, test } from 'vitest';
import { firstWhere } from '../../src/helpers.ts';
import { socketConnector, systemClock } from '../../src/platform/node.ts';
import { type Clock } from '../../src/platform/clock.ts';
import { type SocketConnector } from '../../src/platform/socket.ts';
import { startLiveServer } from '../support/live-clients.ts';

/** The time of the system, which knows how many timers are open. */
function countingClock(): Clock & { readonly openTimers: number } {
  const open = new Set<object>();
  return {
    now: () => systemClock.now(),
    setTimer: (millis, callback) => {
      const timer = {};
      open.add(timer);
      const cancel = systemClock.setTimer(millis, () => {
        open.delete(timer);
        callback();
      });
      return () => {
        open.delete(timer);
        cancel();
      };
    },
    get openTimers() {
      return open.size;
    },
  };
}

/** The sockets of the platform, which can be looked for when they are gone. */
function rememberingConnector(): SocketConnector & { readonly remembered: readonly WeakRef<object>[] } {
  const remembered: WeakRef<object>[] = [];
  return {
    sendsHeaders: true,
    remembered,
    connect: (request, handlers) => {
      const socket = socketConnector.connect(request, handlers);
      remembered.push(new WeakRef(socket), new WeakRef(handlers));
      return socket;
    },
  };
}

async function collect(): Promise<void> {
  for (let round = 0; round < 4; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc?.();
  }
}

async function heapBytes(): Promise<number> {
  await collect();
  return process.memoryUsage().heapUsed;
}

/** How many resources of a kind the process holds open. */
function open(kind: string): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === kind).length;
}

test('100 reconnects leave nothing behind: no memory, no timer, no socket, no listener', async () => {
  await using live = await startLiveServer();
  const [clock, webSocket] = [countingClock(), rememberingConnector()];
  const client = await live.connect(['SELECT * FROM entity', 'SELECT * FROM setting'], { clock, webSocket });
  await client.reducers.spawn({ firstId: 0, count: 500 });
  const overlapping = client.subscriptions.subscribe('SELECT * FROM entity WHERE entity_id < 100');
  await overlapping.applied;
  let events = 0;
  for (const kind of ['onInsert', 'onUpdate', 'onDelete'] as const) client.entity[kind](() => events++);
  const reconnect = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time++) {
      // What is under way breaks, too.
      const call = client.reducers.noop().catch(() => undefined);
      client.connection.reconnect();
      await firstWhere(client.subscriptions.ready, (isReady) => isReady);
      await call;
      await client.reducers.noop();
    }
  };
  await reconnect(30);
  const [heap, timers] = [await heapBytes(), clock.openTimers];
  await reconnect(100);
  // A connection of this server and this client together, with its buffers, takes some 50 kB while it lives.
  expect((await heapBytes()) - heap).toBeLessThan(1_000_000);
  expect(clock.openTimers).toBe(timers);
  expect(events).toBe(0);
  expect(client.entity.count()).toBe(500);
  expect(webSocket.remembered.length).toBe(2 * 131);
  // What the last sockets were part of may still be closing.
  const alive = webSocket.remembered.filter((reference) => reference.deref() !== undefined);
  expect(alive.length).toBeLessThan(10);
  // Both ends are in this process: one connection, or a few that are being closed, and the server that listens.
  expect(open('TCPSocketWrap')).toBeLessThan(10);
  await client.dispose();
  expect(clock.openTimers).toBe(0);
  expect(live.errors).toEqual([]);
});
