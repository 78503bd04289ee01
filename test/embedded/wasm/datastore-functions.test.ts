import { describe, expect, test } from 'vitest';
import { errno, HostError } from '../../../src/embedded/errno.ts';
import { type HostOps } from '../../../src/embedded/module-host.ts';
import { datastoreFunctions } from '../../../src/embedded/wasm/datastore-functions.ts';
import { Guest } from '../../../src/embedded/wasm/guest.ts';
import { GuestMemory } from '../../../src/embedded/wasm/guest-memory.ts';
import { openTestDatabase } from '../../support/embedded-database.ts';
import { scriptedHost } from '../../support/scripted-host.ts';

/** Runs `work` in a reducer over a memory of one page; `call` calls a host function. */
async function withGuest(
  work: (memory: GuestMemory, ops: HostOps, call: (name: string, ...args: readonly number[]) => unknown) => void,
): Promise<void> {
  let problem: unknown;
  const noop = (ops: HostOps): undefined => {
    const guest = new Guest(ops);
    const memory = new GuestMemory({ buffer: new ArrayBuffer(65_536) });
    guest.attach(memory);
    const functions = new Map<string, (...args: never[]) => unknown>(datastoreFunctions(guest));
    try {
      work(memory, ops, (name, ...args) => Reflect.apply(functions.get(name) ?? missing, undefined, args));
    } catch (error) {
      problem = error;
    }
  };
  const { call } = await openTestDatabase(scriptedHost({ reducers: { noop } }));
  call('noop');
  if (problem !== undefined) throw problem;
}

function missing(): never {
  throw new HostError(errno.hostCallFailure, 'there is no such host function');
}

/** A row of `message` without an id. */
const messageBytes = new Uint8Array(8 + 4 + 32 + 4 + 8);

describe('the host functions for tables', () => {
  test('put the generated numbers and their length where the row and its length were', async () => {
    await withGuest((memory, ops, call) => {
      const table = ops.tableId('message');
      memory.write(64, messageBytes);
      memory.writeU32(8, messageBytes.length);
      expect(call('spacetime_10.0.datastore_insert_bsatn', table, 64, 8)).toBe(0);
      expect([memory.u32(8), memory.u32(64), memory.u32(68)]).toEqual([8, 1, 0]);
      memory.write(64, messageBytes);
      memory.bytes(64, 1)[0] = 1;
      memory.writeU32(8, messageBytes.length);
      const index = ops.indexId('message_id_idx_btree');
      expect(call('spacetime_10.0.datastore_update_bsatn', table, index, 64, 8)).toBe(0);
      expect(memory.u32(8)).toBe(0);
    });
  });

  test('leave row and length alone when there is an error', async () => {
    await withGuest((memory, ops, call) => {
      memory.writeU32(8, 3);
      expect(call('spacetime_10.0.datastore_insert_bsatn', ops.tableId('message'), 64, 8)).toBe(3);
      expect(memory.u32(8)).toBe(3);
    });
  });

  test('give a handle with which rows are read', async () => {
    await withGuest((memory, ops, call) => {
      const table = ops.tableId('message');
      for (let count = 0; count < 3; count++) ops.insert(table, messageBytes.slice());
      expect(call('spacetime_10.0.datastore_table_row_count', table, 16)).toBe(0);
      expect(memory.u32(16)).toBe(3);
      expect(call('spacetime_10.0.datastore_table_scan_bsatn', table, 16)).toBe(0);
      const iterator = memory.u32(16);
      memory.writeU32(8, 10);
      expect(call('spacetime_10.0.row_iter_bsatn_advance', iterator, 64, 8)).toBe(11);
      expect(memory.u32(8)).toBe(messageBytes.length);
      memory.writeU32(8, 150);
      expect(call('spacetime_10.0.row_iter_bsatn_advance', iterator, 64, 8)).toBe(0);
      expect([memory.u32(8), memory.u32(64), memory.u32(64 + messageBytes.length)]).toEqual([112, 1, 2]);
      expect(call('spacetime_10.0.row_iter_bsatn_advance', iterator, 64, 8)).toBe(-1);
      expect([memory.u32(8), memory.u32(64)]).toEqual([56, 3]);
      expect(call('spacetime_10.0.row_iter_bsatn_advance', iterator, 64, 8)).toBe(6);
    });
  });

  test('find and delete by ranges of an index, under both names', async () => {
    await withGuest((memory, ops, call) => {
      const table = ops.tableId('message');
      for (let count = 0; count < 3; count++) ops.insert(table, messageBytes.slice());
      const index = ops.indexId('message_id_idx_btree');
      // Included 2 at 32, unbounded at 48.
      memory.write(32, Uint8Array.of(0, 2, 0, 0, 0, 0, 0, 0, 0));
      memory.write(48, Uint8Array.of(2));
      expect(call('spacetime_10.0.datastore_btree_scan_bsatn', index, 0, 0, 0, 32, 9, 48, 1, 16)).toBe(0);
      memory.writeU32(8, 1000);
      expect(call('spacetime_10.0.row_iter_bsatn_advance', memory.u32(16), 64, 8)).toBe(-1);
      expect([memory.u32(8), memory.u32(64)]).toEqual([112, 2]);
      // The same bytes twice are one value.
      const same = [index, 0, 0, 0, 32, 9, 32, 9, 16];
      expect(call('spacetime_10.0.datastore_delete_by_index_scan_range_bsatn', ...same)).toBe(0);
      expect(memory.u32(16)).toBe(1);
      expect(call('spacetime_10.5.datastore_clear', table, 16)).toBe(0);
      expect(memory.u32(16)).toBe(2);
    });
  });
});
