import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileSubscription } from '../../../src/embedded/sql/compile.ts';
import { type SubscriptionPlan, tablesOfPlan } from '../../../src/embedded/sql/plan.ts';
import { QueryIndex } from '../../../src/embedded/sql/query-index.ts';
import { propertyOptions } from '../../support/property.ts';
import { arbitraryCondition, arbitraryRow } from './arbitrary-query.ts';
import { catalogOf } from './reference-catalog.ts';
import { columnLabels, smallTable, storedRow } from './small-tables.ts';
import { caller } from './support.ts';

const catalog = catalogOf([smallTable('l', columnLabels), smallTable('r', columnLabels)]);

interface Query {
  readonly sql: string;
  readonly plan: SubscriptionPlan;
}

const arbitraryQuery: fc.Arbitrary<Query> = fc
  .oneof(
    arbitraryCondition(['l']).map(({ sql }) => `SELECT * FROM l WHERE ${sql}`),
    arbitraryCondition(['r', 'l']).map(({ sql }) => `SELECT l.* FROM l JOIN r ON l.id = r.id WHERE ${sql}`),
    arbitraryCondition(['l', 'x']).map(({ sql }) => `SELECT l.* FROM l JOIN l x ON l.id = x.room WHERE ${sql}`),
    fc.integer({ min: 0, max: 5 }).map((id) => `SELECT * FROM l WHERE id = ${id}`),
  )
  .map((sql) => ({ sql, plan: compileSubscription(sql, catalog, caller) }));

/** Whether a row of `table` could be in the query, as each query would say itself. */
function canConcern({ plan }: Query, table: string, row: ReturnType<typeof storedRow>): boolean {
  return tablesOfPlan(plan).some(({ schema, accepts }) => schema.name === table && accepts(row));
}

test('the candidates are the queries that a row can concern, and none that an equality rules out', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(arbitraryQuery, fc.boolean()), { maxLength: 12 }),
      arbitraryRow,
      fc.constantFrom('l', 'r'),
      (queries, row, table) => {
        const index = new QueryIndex<Query>();
        for (const [query] of queries) index.add(query, query.plan);
        for (const [query, isRemoved] of queries) if (isRemoved) index.remove(query, query.plan);
        const left = queries.filter(([, isRemoved]) => !isRemoved).map(([query]) => query);
        const candidates = index.candidates(table, row);
        expect(left.filter((query) => canConcern(query, table, row) && !candidates.has(query))).toEqual([]);
        expect([...candidates].filter((query) => !left.includes(query))).toEqual([]);
        const byId = left.filter(({ sql }) => /^SELECT \* FROM l WHERE id = \d$/.test(sql));
        expect(byId.filter((query) => candidates.has(query) !== canConcern(query, table, row))).toEqual([]);
        const isRead = left.some(({ plan }) => tablesOfPlan(plan).some(({ schema }) => schema.name === table));
        expect(index.reads(table)).toBe(isRead);
      },
    ),
    propertyOptions(200),
  );
});

test('a row asks only the queries of its value', () => {
  const index = new QueryIndex<number>();
  for (let id = 0; id < 1000; id++)
    index.add(id, compileSubscription(`SELECT * FROM l WHERE id = ${id}`, catalog, caller));
  index.add(-1, compileSubscription('SELECT * FROM l WHERE id > 990', catalog, caller));
  const row = storedRow([7, 0, 0n, 0, '', '', false]);
  expect(index.candidates('l', row)).toEqual(new Set([-1, 7]));
  expect(index.candidates('r', row)).toEqual(new Set());
});
