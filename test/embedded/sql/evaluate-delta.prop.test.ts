import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type StoredRow } from '../../../src/embedded/relation.ts';
import { compileSubscription } from '../../../src/embedded/sql/compile.ts';
import { evaluate } from '../../../src/embedded/sql/evaluate.ts';
import { evaluateDelta, type RowChanges } from '../../../src/embedded/sql/evaluate-delta.ts';
import { type SubscriptionPlan } from '../../../src/embedded/sql/plan.ts';
import { QueryIndex } from '../../../src/embedded/sql/query-index.ts';
import { propertyOptions } from '../../support/property.ts';
import { arbitraryCondition, arbitraryRows } from './arbitrary-query.ts';
import { catalogOf } from './reference-catalog.ts';
import { bagOf, columnLabels, MemoryRelation, smallTable, storedRow } from './small-tables.ts';
import { caller } from './support.ts';

const tables = { l: smallTable('l', columnLabels), r: smallTable('r', columnLabels) };
const halfIndexed = { l: smallTable('l', ['id']), r: smallTable('r', columnLabels) };

interface Transaction {
  readonly before: readonly StoredRow[];
  readonly deleted: readonly StoredRow[];
  readonly inserted: readonly StoredRow[];
}

/** A transaction deletes some of the rows that are there and inserts others, some of which may be there already. */
const arbitraryTransaction: fc.Arbitrary<Transaction> = fc
  .tuple(arbitraryRows, fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }), arbitraryRows)
  .map(([before, choices, inserted]) => ({ before, deleted: before.filter((_, index) => choices[index]), inserted }));

const arbitraryTransactions = fc.record({ l: arbitraryTransaction, r: arbitraryTransaction });

const side = (name: string): 'l' | 'r' => (name === 'l' ? 'l' : 'r');

/** Runs transactions on both tables and says how `plan` sees them before, after and through the changes. */
function run(
  plan: SubscriptionPlan,
  schemas: typeof tables,
  transactions: { readonly l: Transaction; readonly r: Transaction },
): { readonly before: readonly StoredRow[]; readonly after: readonly StoredRow[]; readonly changes: RowChanges } {
  const before = {
    l: new MemoryRelation(schemas.l, transactions.l.before),
    r: new MemoryRelation(schemas.r, transactions.r.before),
  };
  const changed = {
    l: before.l.change(transactions.l.deleted, transactions.l.inserted),
    r: before.r.change(transactions.r.deleted, transactions.r.inserted),
  };
  const relationOf = (name: string): MemoryRelation => changed[side(name)].after;
  return {
    before: evaluate(plan, (name) => before[side(name)]),
    after: evaluate(plan, relationOf),
    changes: evaluateDelta(plan, relationOf, (name) => changed[side(name)].delta),
  };
}

/** The old rows without what was deleted and with what was inserted; a row that was not there cannot be deleted. */
function applied(before: readonly StoredRow[], { inserted, deleted }: RowChanges): ReadonlyMap<string, number> {
  const bag = new Map(bagOf(before));
  for (const { key } of inserted) bag.set(key, (bag.get(key) ?? 0) + 1);
  for (const { key } of deleted) {
    const count = bag.get(key) ?? 0;
    if (count === 0) throw new RangeError('a row was deleted that was not there');
    if (count === 1) bag.delete(key);
    else bag.set(key, count - 1);
  }
  return bag;
}

function checkNet({ inserted, deleted }: RowChanges): void {
  const keys = new Set(inserted.map(({ key }) => key));
  expect(deleted.filter(({ key }) => keys.has(key))).toEqual([]);
}

const arbitraryJoin = fc.record({
  from: fc.constantFrom(
    'l a JOIN r b ON a.id = b.id',
    'l a JOIN r b ON b.room = a.id',
    'r a JOIN l b ON a.name = b.name',
    'l a JOIN r b ON a.ratio = b.ratio',
    'l a JOIN l b ON a.id = b.room',
    'l a JOIN l b ON b.flag = a.flag',
  ),
  condition: fc.option(arbitraryCondition(['a', 'b']), { nil: undefined }),
  returned: fc.constantFrom('a', 'b'),
});

const arbitraryJoinSql = arbitraryJoin.map(({ from, condition, returned }) => {
  return `SELECT ${returned}.* FROM ${from}${condition === undefined ? '' : ` WHERE ${condition.sql}`}`;
});

const arbitraryTableSql = arbitraryCondition(['l']).map(({ sql }) => `SELECT * FROM l WHERE ${sql}`);

describe('the changes of a transaction, applied to the old result, give the new one', () => {
  test('for a query of one table', () => {
    fc.assert(
      fc.property(arbitraryTransactions, arbitraryTableSql, (transactions, sql) => {
        const { before, after, changes } = run(
          compileSubscription(sql, catalogOf([tables.l]), caller),
          tables,
          transactions,
        );
        expect(applied(before, changes)).toEqual(bagOf(after));
        checkNet(changes);
      }),
      propertyOptions(100),
    );
  });

  test('for a join, with multiplicities', () => {
    fc.assert(
      fc.property(arbitraryTransactions, arbitraryJoinSql, (transactions, sql) => {
        const plan = compileSubscription(sql, catalogOf([tables.l, tables.r]), caller);
        const { before, after, changes } = run(plan, tables, transactions);
        expect(applied(before, changes)).toEqual(bagOf(after));
        checkNet(changes);
      }),
      propertyOptions(200),
    );
  });

  test('for a join whose scanned side has no index', () => {
    const sql = 'SELECT a.* FROM l a JOIN r b ON a.room = b.room';
    const plan = compileSubscription(sql, catalogOf([halfIndexed.l, halfIndexed.r]), caller);
    fc.assert(
      fc.property(arbitraryTransactions, (transactions) => {
        const { before, after, changes } = run(plan, halfIndexed, transactions);
        expect(applied(before, changes)).toEqual(bagOf(after));
        checkNet(changes);
      }),
      propertyOptions(100),
    );
  });
});

test('a query whose rows change is among the candidates of a changed row', () => {
  fc.assert(
    fc.property(
      arbitraryTransactions,
      fc.array(fc.oneof(arbitraryTableSql, arbitraryJoinSql), { maxLength: 8 }),
      (transactions, queries) => {
        const index = new QueryIndex<string>();
        const plans = new Map(
          queries.map((sql) => [sql, compileSubscription(sql, catalogOf([tables.l, tables.r]), caller)]),
        );
        for (const [sql, plan] of plans) index.add(sql, plan);
        const candidates = new Set<string>();
        for (const name of ['l', 'r'] as const) {
          const { before, deleted, inserted } = transactions[name];
          const { delta } = new MemoryRelation(tables[name], before).change(deleted, inserted);
          for (const row of [...delta.inserted, ...delta.deleted]) {
            for (const query of index.candidates(name, row)) candidates.add(query);
          }
        }
        const missed = [...plans].filter(([sql, plan]) => {
          const { changes } = run(plan, tables, transactions);
          return changes.inserted.length + changes.deleted.length > 0 && !candidates.has(sql);
        });
        expect(missed).toEqual([]);
      },
    ),
    propertyOptions(100),
  );
});

const row = (id: number, room: number, name = ''): StoredRow => storedRow([id, room, 0n, 0, name, '', false]);

describe('event tables', () => {
  const events = smallTable('e', columnLabels, { isEvent: true });
  const catalog = catalogOf([tables.l, events]);
  const l = new MemoryRelation(tables.l, [row(1, 1), row(2, 1), row(3, 2)]);
  const none = new MemoryRelation(events, []);
  const relationOf = (name: string): MemoryRelation => (name === 'l' ? l : none);
  const deltaOf = (name: string): { inserted: StoredRow[]; deleted: StoredRow[] } | undefined => {
    return name === 'e' ? { inserted: [row(7, 1)], deleted: [] } : { inserted: [row(2, 1)], deleted: [row(9, 1)] };
  };

  test('announce rows that are never deleted', () => {
    const plan = compileSubscription('SELECT * FROM e WHERE room = 1', catalog, caller);
    expect(evaluate(plan, relationOf)).toEqual([]);
    expect(evaluateDelta(plan, relationOf, deltaOf).inserted.map((event) => event.value(0))).toEqual([7]);
    expect(evaluateDelta(plan, relationOf, deltaOf).deleted).toEqual([]);
  });

  test('join what the other table holds after the transaction', () => {
    const plan = compileSubscription('SELECT l.* FROM e JOIN l ON e.room = l.room', catalog, caller);
    const changes = evaluateDelta(plan, relationOf, deltaOf);
    expect(changes.inserted.map((match) => match.value(0))).toEqual([1, 2]);
    expect(changes.deleted).toEqual([]);
    const returned = compileSubscription('SELECT e.* FROM e JOIN l ON e.room = l.room', catalog, caller);
    expect(evaluateDelta(returned, relationOf, deltaOf).inserted).toHaveLength(2);
  });

  test('join the same way from the right side of FROM', () => {
    const plan = compileSubscription('SELECT l.* FROM l JOIN e ON e.room = l.room WHERE e.id = 7', catalog, caller);
    const changes = evaluateDelta(plan, relationOf, deltaOf);
    expect(changes.inserted.map((match) => match.value(0))).toEqual([1, 2]);
    expect(changes.deleted).toEqual([]);
  });

  test('cannot be looked up', () => {
    expect(() => compileSubscription('SELECT l.* FROM l JOIN e ON e.room = l.room', catalog, caller)).toThrow(
      'Event tables cannot be used as the lookup table in subscription joins',
    );
  });
});

test('the work of a change grows with its matches, not with the tables', () => {
  const rows = Array.from({ length: 500 }, (_, id) => row(id, id));
  const l = new MemoryRelation(tables.l, rows);
  const { after: r, delta } = new MemoryRelation(tables.r, rows).change([row(5, 5)], [row(6, 7, 'x')]);
  const relations = { l, r };
  const relationOf = (name: string): MemoryRelation => (name === 'l' ? relations.l : relations.r);
  const plan = compileSubscription(
    'SELECT l.* FROM l JOIN r ON l.id = r.room',
    catalogOf([tables.l, tables.r]),
    caller,
  );
  const changes = evaluateDelta(plan, relationOf, (name) => (name === 'r' ? delta : undefined));
  expect(changes.inserted.map((match) => match.value(0))).toEqual([7]);
  expect(changes.deleted.map((match) => match.value(0))).toEqual([5]);
  expect(l.looked + r.looked).toBeLessThan(10);
  const single = compileSubscription('SELECT * FROM r WHERE id = 6', catalogOf([tables.r]), caller);
  expect(evaluate(single, relationOf)).toHaveLength(2);
  expect(l.looked + r.looked).toBeLessThan(20);
});
