import { describe, expect, onTestFinished, test } from 'vitest';
import { type ScheduleAt } from '../../src/bsatn/index.ts';
import { ManualClock, type Timer } from '../../src/embedded/clock.ts';
import { Datastore } from '../../src/embedded/datastore/datastore.ts';
import { EmbeddedServer } from '../../src/embedded/index.ts';
import { Schedules } from '../../src/embedded/schedules.ts';
import { referenceModule, referenceWasm } from '../support/golden/reference-schema.ts';
import { openTestDatabase, type TestDatabase } from '../support/embedded-database.ts';
import { scriptedHost } from '../support/scripted-host.ts';

/** The x of the first entity: how often `tick` ran, when its step is 1. */
function ticks({ database }: TestDatabase): number {
  const [entity] = database.table('entity')?.rows() ?? [];
  if (entity === undefined) throw new Error('there is no entity');
  return new DataView(entity.bytes.buffer, entity.bytes.byteOffset).getFloat32(5, true);
}

/** A database with one entity at 0. */
async function openWorld(): Promise<TestDatabase> {
  const test = await openTestDatabase();
  test.call('spawn', '[0, 1]');
  return test;
}

describe('a scheduled row', () => {
  test('for once runs when its time has come, and goes in a transaction of its own', async () => {
    const world = await openWorld();
    world.call('tick_once', '[60, 1.0]');
    world.commits.length = 0;
    world.clock.advance(59.999);
    expect(ticks(world)).toBe(0);
    world.clock.advance(0.001);
    expect(ticks(world)).toBe(1);
    expect(world.commits.map((commit) => [commit.functionName, [...commit.deltas.keys()]])).toEqual([
      ['tick', ['entity']],
      [undefined, ['tick_timer']],
    ]);
    expect(world.database.table('tick_timer')?.size).toBe(0);
    world.clock.advance(1000);
    expect(ticks(world)).toBe(1);
    expect(world.clock.pendingTimers).toBe(0);
  });

  test('outlives a fault of the server itself, which is in the log: nobody called whom it could be told', async () => {
    const world = await openWorld();
    world.call('start_ticking', '[1000, 1.0]');
    world.call('tick_once', '[1000, 1.0]');
    const stop = world.database.onCommit(() => {
      throw new Error('a fault of the server');
    });
    world.clock.advance(2000);
    stop();
    const faults = world.log.filter(({ message }) => message.startsWith('Error: a fault of the server\n'));
    // Two intervals, the one that is for once, and the end of its row.
    expect(faults).toHaveLength(4);
    world.clock.advance(1000);
    expect([ticks(world), world.database.table('tick_timer')?.size]).toEqual([4, 1]);
  });

  test('in the past runs as soon as the clock goes on', async () => {
    const world = await openWorld();
    world.call('tick_once', '[0, 1.0]');
    expect(ticks(world)).toBe(0);
    world.clock.advance(0);
    expect(ticks(world)).toBe(1);
  });

  test('with an interval runs again and again without drifting', async () => {
    const world = await openWorld();
    world.call('start_ticking', '[100, 1.0]');
    world.commits.length = 0;
    const start = world.clock.nowMicros();
    world.clock.advance(350);
    expect(ticks(world)).toBe(3);
    expect(world.commits.map((commit) => commit.timestamp - start)).toEqual([100_000n, 200_000n, 300_000n]);
    expect(world.commits.every((commit) => commit.callerConnection === undefined)).toBe(true);
    world.clock.advance(50);
    expect(ticks(world)).toBe(4);
  });

  test('that is deleted runs no more', async () => {
    const world = await openWorld();
    world.call('start_ticking', '[100, 1.0]');
    world.call('tick_once', '[150, 1.0]');
    world.clock.advance(100);
    world.call('stop_ticking');
    expect(world.clock.pendingTimers).toBe(0);
    world.clock.advance(1000);
    expect(ticks(world)).toBe(1);
  });

  test('may delete itself while it runs', async () => {
    const script = scriptedHost({
      reducers: {
        tick: (ops) => {
          ops.clear(ops.tableId('tick_timer'));
          return undefined;
        },
      },
    });
    const { database, clock, commits } = await openTestDatabase(script);
    database.transact((writer) => writer.insert('tick_timer', timerRow(100n)));
    clock.advance(100);
    expect(commits.map((commit) => commit.functionName)).toEqual([undefined, 'tick']);
    expect(clock.pendingTimers).toBe(0);
  });

  test('counts from when it was meant to run, even when the clock was held up', async () => {
    const world = await openWorld();
    world.call('start_ticking', '[40, 1.0]');
    const late = world.clock.nowMicros() + 70_000n;
    world.clock.setTimer(world.clock.nowMicros(), () => world.clock.sleepUntil(late));
    world.clock.advance(0);
    expect(ticks(world)).toBe(1);
    world.clock.advance(10);
    expect(ticks(world)).toBe(2);
  });

  test('makes up for what it missed when it is a little late, and not when the process stood still for long', async () => {
    let now = 0n;
    const timers = new Set<{ readonly at: bigint; readonly fire: () => void }>();
    const setTimer = (at: bigint, fire: () => void): Timer => {
      const timer = { at, fire };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    };
    const server = await EmbeddedServer.start({
      module: referenceWasm,
      database: 'late',
      clock: { nowMicros: () => now, setTimer, advance: () => undefined },
    });
    onTestFinished(() => server.close());
    server.call('spawn', [0, 1]);
    server.call('start_ticking', [40, 1]);
    /** How often it ticks until the clock, which shows `millis` all at once, has nothing to fire. */
    const ticksAt = (millis: number): number => {
      now = BigInt(millis) * 1000n;
      let count = 0;
      for (const timer of timers) {
        if (timer.at > now) continue;
        timers.delete(timer);
        timer.fire();
        count++;
      }
      return count;
    };
    expect([30, 45, 75, 85, 9000].map(ticksAt)).toEqual([0, 1, 0, 1, 223]);
    expect([60_000, 60_035, 60_040].map(ticksAt)).toEqual([1, 0, 1]);
  });

  test('of a transaction that was rolled back never runs', async () => {
    const world = await openWorld();
    expect(() =>
      world.database.transact((writer) => {
        writer.insert('tick_timer', timerRow(1n));
        throw new Error('never mind');
      }),
    ).toThrow('never mind');
    expect(world.clock.pendingTimers).toBe(0);
  });

  test('too far in the future is refused', async () => {
    const world = await openWorld();
    const insert = (millis: bigint): void =>
      world.database.transact((writer) => writer.insert('tick_timer', timerRow(millis)));
    const longest = 64n ** 6n - 1n;
    expect(() => insert(longest + 1n)).toThrow('the schedule is too far in the future');
    expect(world.clock.pendingTimers).toBe(0);
    expect(world.call('tick_once', `[${longest + 1n}, 1.0]`)).toMatchObject({ tag: 'internalError' });
    insert(longest);
    expect(world.clock.pendingTimers).toBe(1);
  });

  test.each([
    ['procedure', ['delete', 'call']],
    ['reducer', ['call', 'delete']],
  ])('for once that calls a %s goes before or after it', (kind, order) => {
    const clock = new ManualClock();
    const datastore = new Datastore(referenceModule);
    const table = datastore.tableNamed('tick_timer');
    table.add(table.layout.read(timerRow(60n, 'Time')));
    const steps: string[] = [];
    const schedules = new Schedules(referenceModule, datastore, {
      clock,
      isProcedure: () => kind === 'procedure',
      call: () => steps.push('call'),
      deleteRow: () => steps.push('delete'),
    });
    schedules.resume();
    clock.advance(1);
    expect(steps).toEqual(order);
    schedules.close();
  });

  test('no longer runs when the database is closed', async () => {
    const world = await openWorld();
    world.call('start_ticking', '[40, 1.0]');
    world.database.close();
    expect(world.clock.pendingTimers).toBe(0);
  });
});

/** A row with an interval, or a time, in milliseconds. */
function timerRow(millis: bigint, tag: ScheduleAt['tag'] = 'Interval'): Uint8Array {
  const row = new Uint8Array(8 + 9 + 4);
  row[8] = tag === 'Time' ? 1 : 0;
  new DataView(row.buffer).setBigInt64(9, millis * 1000n, true);
  return row;
}
