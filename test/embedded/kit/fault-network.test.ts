import { afterEach, describe, expect, test } from 'vitest';
import { EmbeddedServer, type FaultPlan, faultNetwork } from '../../../src/embedded/index.ts';
import { firstWhere } from '../../../src/helpers.ts';
import { SpacetimeDbClient } from '../../generated/reference/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { referenceWasm } from '../../support/golden/reference-schema.ts';

const owned: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of owned.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

function own<T extends AsyncDisposable>(disposable: T): T {
  owned.push(disposable);
  return disposable;
}

test('a client behind a network that cuts, refuses and goes silent ends with what the server has', async () => {
  const server = own(await EmbeddedServer.start({ module: referenceWasm, database: 'faults' }));
  const network = server.network({ seed: 3 });
  const client = own(
    await SpacetimeDbClient.create({
      host: server.host,
      database: 'faults',
      webSocket: network,
      retry: { baseDelayMs: 1, maxDelayMs: 5 },
      idleProbeMs: 20,
      probeTimeoutMs: 20,
    }),
  );
  await client.connect({ initialSubscriptions: ['SELECT * FROM setting'] });
  network.plan = { maxDelayMs: 3, refuse: 0.3, cut: 0.05 };
  const outcomes = new Set<string>();
  for (let slot = 2; slot < 80; slot++) {
    await firstWhere(client.subscriptions.ready, (isReady) => isReady);
    const call = client.reducers.putSetting({ key: `${slot}`, slot, value: '' }, { timeoutMs: 200 });
    outcomes.add(
      await call.then(
        () => 'committed',
        () => 'lost',
      ),
    );
  }
  expect(outcomes).toEqual(new Set(['committed', 'lost']));
  network.plan = { maxDelayMs: 0, refuse: 0 };
  network.goSilent();
  await firstWhere(client.subscriptions.ready, (isReady) => !isReady);
  await firstWhere(client.subscriptions.ready, (isReady) => isReady);
  expect(new Set(client.setting.rows.value.map(({ key }) => key))).toEqual(
    new Set(server.query('SELECT key FROM setting').map(({ key }) => key)),
  );
  expect(client.setting.count()).toBeGreaterThan(20);
});

/** What a client is told on a network of a seed, by the number of the frame that it sent. */
function told(seed: number, plan: FaultPlan): string[] {
  const clock = new FakeClock();
  const log: string[] = [];
  const network = faultNetwork(
    (_, handlers) => {
      clock.setTimer(1, () => handlers.onOpen('v3.bsatn.spacetimedb'));
      return { bufferedBytes: 0, send: (frame) => handlers.onFrame(frame), close: () => log.push('server: close') };
    },
    { seed, plan, clock },
  );
  const socket = network.connect(
    { url: 'ws://test', subprotocols: [], token: undefined },
    {
      onOpen: () => log.push('open'),
      onFrame: (frame) => log.push(`${frame?.[0]} after ${clock.now() - (frame?.[1] ?? 0) * 100 - 1_000_200}`),
      onAlive: () => log.push('alive'),
      onClose: (code) => log.push(`close ${code}`),
      onFailure: ({ message }) => log.push(message),
    },
  );
  clock.advance(200);
  for (let number = 0; number < 30; number++) {
    if (network.openSockets > 0) socket.send(Uint8Array.of(number, number));
    clock.advance(100);
  }
  log.push(`${network.openSockets} open`);
  return log;
}

describe('a network', () => {
  test('does the same for the same seed, and something else for another', () => {
    const plan = { maxDelayMs: 20, refuse: 0.2, cut: 0.02, drop: 0.02 };
    const runs = Array.from({ length: 20 }, (_, seed) => told(seed, plan));
    expect(Array.from({ length: 20 }, (_, seed) => told(seed, plan))).toEqual(runs);
    expect(new Set(runs.map((run) => run.join())).size).toBeGreaterThan(10);
  });

  test('delays frames, each direction for itself, and never lets one overtake another', () => {
    const log = told(1, { maxDelayMs: 50, refuse: 0 });
    const delays = log.flatMap((line) => / after (\d+)/.exec(line)?.[1] ?? []).map(Number);
    expect(delays.length).toBe(30);
    expect(Math.max(...delays)).toBeGreaterThan(50);
    expect(Math.max(...delays)).toBeLessThanOrEqual(102);
    expect(new Set(delays).size).toBeGreaterThan(10);
  });

  test('refuses', () => {
    expect(told(1, { maxDelayMs: 0, refuse: 1 })).toEqual(['the network refused', '0 open']);
  });

  test('cuts, which the server and the client are told', () => {
    const log = told(1, { maxDelayMs: 0, refuse: 0, cut: 1 });
    expect(log).toEqual(['open', 'server: close', 'close 1006', '0 open']);
  });

  test('drops, which nobody is told', () => {
    expect(told(1, { maxDelayMs: 0, refuse: 0, drop: 1 })).toEqual(['open', '1 open']);
  });
});
