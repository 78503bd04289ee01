import { describe, expect, test } from 'vitest';
import { ann, databaseIdentity, openTestDatabase, owner } from '../support/embedded-database.ts';
import { scriptedHost } from '../support/scripted-host.ts';

describe('the lifecycle', () => {
  test('a client that the module refuses is not connected', async () => {
    const claims = Uint8Array.of(1);
    let known: Uint8Array | undefined;
    const { database, call } = await openTestDatabase(
      scriptedHost({
        reducers: {
          on_connect: () => ({ tag: 'error', message: 'not today' }),
          noop: (ops) => {
            known = ops.tokenPayload(ann.connectionId);
            return undefined;
          },
        },
      }),
    );
    expect(() => database.connect(ann.identity, ann.connectionId, claims)).toThrow('not today');
    call('noop');
    expect(known).toBeUndefined();
  });

  test('a client_disconnected that fails is in the log, and the connection is gone', async () => {
    let known: Uint8Array | undefined = new Uint8Array();
    const { database, call, log } = await openTestDatabase(
      scriptedHost({
        reducers: {
          on_disconnect: () => ({ tag: 'error', message: 'stay' }),
          noop: (ops) => {
            known = ops.tokenPayload(ann.connectionId);
            return undefined;
          },
        },
      }),
    );
    database.connect(ann.identity, ann.connectionId, Uint8Array.of(1));
    database.disconnect(ann.identity, ann.connectionId);
    call('noop');
    expect(known).toBeUndefined();
    expect(log.map((record) => record.message)).toEqual(['reducer on_disconnect failed: stay']);
  });

  test('init runs as the owner, and a module whose init fails cannot be loaded', async () => {
    let sender: bigint | undefined;
    await openTestDatabase(
      scriptedHost({
        reducers: {
          init: (_, call) => {
            sender = call.sender.value;
            return undefined;
          },
        },
      }),
    );
    expect(sender).toBe(owner.value);
    const failing = scriptedHost({ reducers: { init: () => ({ tag: 'error', message: 'no\nluck' }) } });
    await expect(openTestDatabase(failing)).rejects.toThrow('cannot load the module: its reducer init failed: no luck');
  });

  test('a scheduled reducer is called by the database with the row, and what fails it is in the log', async () => {
    const calls: string[] = [];
    const row = new Uint8Array(21);
    row[9] = 1;
    const { database, clock, log } = await openTestDatabase(
      scriptedHost({
        reducers: {
          tick: (_, { sender, connectionId, args, timestamp }) => {
            calls.push([sender.value, connectionId, args[9], timestamp].join());
            return { tag: 'error', message: 'too early' };
          },
        },
      }),
    );
    const due = clock.nowMicros() + 5000n;
    new DataView(row.buffer).setBigInt64(9, due, true);
    row[8] = 1;
    database.transact((writer) => writer.insert('tick_timer', Uint8Array.from(row)));
    clock.advance(5);
    expect(calls).toEqual([[databaseIdentity.value, undefined, Number(due & 0xffn), due].join()]);
    expect(log.map((record) => record.message)).toEqual(['reducer tick failed: too early']);
    expect(database.table('tick_timer')?.size).toBe(0);
  });
});
