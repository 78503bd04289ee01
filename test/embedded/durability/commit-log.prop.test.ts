import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConnectionId, Identity } from '../../../src/bsatn/index.ts';
import { type DatabaseImage } from '../../../src/embedded/database-image.ts';
import { CommitLog } from '../../../src/embedded/durability/commit-log.ts';
import { type CommitRecord } from '../../../src/embedded/durability/journal.ts';
import { propertyOptions } from '../../support/property.ts';

/** What happens to a log. */
type Step =
  | { readonly kind: 'insert'; readonly table: string; readonly rows: readonly number[]; readonly next: bigint }
  | { readonly kind: 'delete'; readonly table: string; readonly count: number }
  | { readonly kind: 'connect' | 'disconnect'; readonly id: number }
  | { readonly kind: 'reopen' | 'compact' };

const tableName = fc.constantFrom('a', 'b');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('insert' as const),
      table: tableName,
      rows: fc.array(fc.nat(500), { maxLength: 5 }),
      next: fc.bigInt(),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete' as const), table: tableName, count: fc.nat(4) }) },
  fc.record({ kind: fc.constantFrom('connect' as const, 'disconnect' as const), id: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constantFrom('reopen' as const, 'compact' as const) }),
);

/** Rows as sets of numbers. */
class Model {
  readonly rows = new Map([
    ['a', new Set<number>()],
    ['b', new Set<number>()],
  ]);
  readonly next = new Map<string, bigint>();
  readonly clients = new Set<number>();

  image(): DatabaseImage {
    const tables = [...this.rows].map(([name, rows]) => {
      const next = this.next.get(name);
      const sequences = new Map(next === undefined ? [] : [[3, next] as const]);
      return [name, { rows: [...rows].map(rowOf), sequences }] as const;
    });
    return {
      definition: Uint8Array.of(1, 2, 3),
      tables: new Map(tables),
      connections: [...this.clients].map(clientOf),
    };
  }

  /** Applies a step; the result is its commit. */
  apply(change: Step): CommitRecord | undefined {
    const commit = { timestamp: 5n, client: undefined, tables: [] };
    switch (change.kind) {
      case 'insert': {
        const stored = this.rows.get(change.table) ?? new Set();
        const inserted = [...new Set(change.rows)].filter((row) => !stored.has(row));
        for (const row of inserted) stored.add(row);
        this.next.set(change.table, change.next);
        const sequences = new Map([[3, change.next]]);
        return { ...commit, tables: [{ table: change.table, deleted: [], inserted: inserted.map(rowOf), sequences }] };
      }
      case 'delete': {
        const stored = this.rows.get(change.table) ?? new Set();
        const deleted = [...stored].slice(0, change.count);
        for (const row of deleted) stored.delete(row);
        const none = { inserted: [], sequences: new Map<number, bigint>() };
        return { ...commit, tables: [{ table: change.table, deleted: deleted.map(rowOf), ...none }] };
      }
      case 'connect':
        this.clients.add(change.id);
        return { ...commit, client: { kind: 'connected', ...clientOf(change.id) } };
      case 'disconnect':
        this.clients.delete(change.id);
        return { ...commit, client: { kind: 'disconnected', ...clientOf(change.id) } };
      default:
        return undefined;
    }
  }
}

/** Rows of many lengths, no two of them the same. */
const rowOf = (row: number): Uint8Array => {
  const bytes = new Uint8Array(2 + (row % 50)).fill(row % 251);
  bytes[0] = row & 0xff;
  bytes[1] = row >> 8;
  return bytes;
};
const clientOf = (id: number) => ({
  identity: new Identity(BigInt(id) << 200n),
  connectionId: new ConnectionId(BigInt(id)),
});

/** An image in a form that does not depend on orders, without tables that have nothing. */
function canonical(image: DatabaseImage | undefined): unknown {
  if (image === undefined) return undefined;
  const tables = [...image.tables].map(
    ([name, { rows, sequences }]) => [name, [...rows].map(String).sort(), [...sequences]] as const,
  );
  return {
    definition: [...image.definition],
    tables: tables
      .filter(([, rows, sequences]) => rows.length + sequences.length > 0)
      .sort(([left], [right]) => (left < right ? -1 : 1)),
    connections: image.connections
      .map(({ identity, connectionId }) => `${identity.value} ${connectionId.value}`)
      .sort(),
  };
}

test('a log that is opened again comes to what was committed, however often it was written anew', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'spacetimedb-signals-log-'));
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.boolean(),
      fc.constantFrom(0, 2000, 1 << 20),
      async (steps, durable, compactAbove) => {
        const path = join(folder, `${runs++}.log`);
        const warnings: string[] = [];
        const options = { path, durable, compactAbove, warn: (text: string) => warnings.push(text) };
        const model = new Model();
        const open = (): CommitLog => {
          const { log, image } = CommitLog.open(options);
          if (image !== undefined) expect(canonical(image)).toEqual(canonical(model.image()));
          log.begin(() => model.image());
          return log;
        };
        let log = open();
        for (const change of steps) {
          const commit = model.apply(change);
          if (commit !== undefined) log.append(commit);
          else if (change.kind === 'compact') log.compact();
          else {
            log.close();
            log = open();
          }
          if (durable) expect(log.durableCommit).toBe(log.lastCommit);
          // Where it is due the log is written anew between two commits.
          await Promise.resolve();
        }
        const size = statSync(path).size;
        if (compactAbove === 0) expect(size).toBeLessThan(60_000);
        log.close();
        open().close();
        expect(warnings).toEqual([]);
      },
    ),
    propertyOptions(100),
  );
  rmSync(folder, { recursive: true });
});

test('commits that are not synced one by one are durable soon, also when the log is written anew meanwhile', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'spacetimedb-signals-log-'));
  const { log } = CommitLog.open({ path: join(folder, 'x.log'), durable: false, warn: () => undefined });
  const model = new Model();
  log.begin(() => model.image());
  const reached: number[] = [];
  log.onDurable(() => reached.push(log.durableCommit));
  const commit = (row: number): void => {
    const record = model.apply({ kind: 'insert', table: 'a', rows: [row], next: 1n });
    if (record !== undefined) log.append(record);
  };
  for (let row = 0; row < 10; row++) commit(row);
  expect(log.durableCommit).toBe(0);
  await expect.poll(() => log.durableCommit).toBe(10);
  commit(10);
  log.compact();
  expect(log.durableCommit).toBe(11);
  commit(11);
  await expect.poll(() => log.durableCommit).toBe(12);
  expect(reached).toEqual([...reached].sort((left, right) => left - right));
  commit(12);
  log.close();
  rmSync(folder, { recursive: true });
});
