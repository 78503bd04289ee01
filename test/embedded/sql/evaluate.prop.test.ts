import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type StoredRow } from '../../../src/embedded/relation.ts';
import { compileQuery, compileStatement, compileSubscription } from '../../../src/embedded/sql/compile.ts';
import { evaluate } from '../../../src/embedded/sql/evaluate.ts';
import { evaluateQuery, evaluateRows } from '../../../src/embedded/sql/evaluate-query.ts';
import { SqlError } from '../../../src/embedded/sql/sql-error.ts';
import { propertyOptions } from '../../support/property.ts';
import { arbitraryCondition, arbitraryRows } from './arbitrary-query.ts';
import { catalogOf } from './reference-catalog.ts';
import { bagOf, columnLabels, MemoryRelation, smallTable } from './small-tables.ts';
import { caller } from './support.ts';

const left = smallTable('l', ['id', 'name']);
const right = smallTable('r', columnLabels);
const catalog = catalogOf([left, right]);

/** Rows of two tables by name. */
interface Rows {
  readonly l: readonly StoredRow[];
  readonly r: readonly StoredRow[];
}

function relationsOf(rows: Rows): (name: string) => MemoryRelation {
  const relations = { l: new MemoryRelation(left, rows.l), r: new MemoryRelation(right, rows.r) };
  return (name) => (name === 'l' ? relations.l : relations.r);
}

/** Every pair of distinct rows, as tables are sets. */
function pairs(rows: Rows): readonly (readonly [StoredRow, StoredRow])[] {
  return distinct(rows.l).flatMap((leftRow) => distinct(rows.r).map((rightRow) => [leftRow, rightRow] as const));
}

function distinct(rows: readonly StoredRow[]): readonly StoredRow[] {
  return [...new Map(rows.map((row) => [row.key, row])).values()];
}

const arbitraryTables: fc.Arbitrary<Rows> = fc.record({ l: arbitraryRows, r: arbitraryRows });

test('a query of one table answers what a naive filter answers', () => {
  fc.assert(
    fc.property(arbitraryRows, arbitraryCondition(['l']), (rows, condition) => {
      const sql = `SELECT * FROM l WHERE ${condition.sql}`;
      const expected = bagOf(distinct(rows).filter((row) => condition.holds(new Map([['l', row]]))));
      const relationOf = relationsOf({ l: rows, r: [] });
      expect(bagOf(evaluate(compileSubscription(sql, catalog, caller), relationOf))).toEqual(expected);
      expect(bagOf(evaluateRows(compileQuery(sql, catalog, caller), relationOf))).toEqual(expected);
    }),
    propertyOptions(100),
  );
});

const arbitraryJoin = fc.record({
  on: fc.constantFrom('l.id = r.id', 'r.room = l.id', 'l.name = r.name', 'l.room = r.id', 'r.ratio = l.ratio'),
  condition: fc.option(arbitraryCondition(['l', 'r']), { nil: undefined }),
  returned: fc.constantFrom('l', 'r'),
});

/** What `l.id` or `r.id` is in a pair of rows. */
function valueIn(column: string, leftRow: StoredRow, rightRow: StoredRow): unknown {
  const position = columnLabels.findIndex((label) => label === column.slice(2));
  return (column.startsWith('l') ? leftRow : rightRow).value(position);
}

function joined(
  rows: Rows,
  on: string,
  holds: (rows: ReadonlyMap<string, StoredRow>) => boolean,
): readonly (readonly [StoredRow, StoredRow])[] {
  const [one = '', other = ''] = on.split(' = ');
  return pairs(rows).filter(([leftRow, rightRow]) => {
    const [first, second] = [valueIn(one, leftRow, rightRow), valueIn(other, leftRow, rightRow)];
    const isEqual = first === second || Object.is(first, second);
    return (
      isEqual &&
      holds(
        new Map([
          ['l', leftRow],
          ['r', rightRow],
        ]),
      )
    );
  });
}

test('a join answers with a row once per match, as a naive one does', () => {
  let subscribed = 0;
  fc.assert(
    fc.property(arbitraryTables, arbitraryJoin, (rows, { on, condition, returned }) => {
      const where = condition === undefined ? '' : ` WHERE ${condition.sql}`;
      const sql = `SELECT ${returned}.* FROM l JOIN r ON ${on}${where}`;
      const matches = joined(rows, on, condition?.holds ?? (() => true));
      const expected = bagOf(matches.map(([leftRow, rightRow]) => (returned === 'l' ? leftRow : rightRow)));
      const relationOf = relationsOf(rows);
      expect(bagOf(evaluateRows(compileQuery(sql, catalog, caller), relationOf))).toEqual(expected);
      const plan = subscriptionOf(sql);
      if (plan === undefined) return;
      subscribed++;
      expect(bagOf(evaluate(plan, relationOf))).toEqual(expected);
    }),
    propertyOptions(100),
  );
  expect(subscribed).toBeGreaterThan(10);
});

/** The plan of a join, unless the side that would be looked up has no index. */
function subscriptionOf(sql: string): ReturnType<typeof compileSubscription> | undefined {
  try {
    return compileSubscription(sql, catalog, caller);
  } catch (error) {
    if (error instanceof SqlError && error.message === 'Subscriptions require indexes on join columns')
      return undefined;
    throw error;
  }
}

test('columns, COUNT and LIMIT over HTTP agree with the rows of the join', () => {
  fc.assert(
    fc.property(arbitraryTables, arbitraryJoin, fc.integer({ min: 0, max: 5 }), (rows, { on, condition }, limit) => {
      const from = `FROM l JOIN r ON ${on}${condition === undefined ? '' : ` WHERE ${condition.sql}`}`;
      const matches = joined(rows, on, condition?.holds ?? (() => true));
      const relationOf = relationsOf(rows);
      const run = (sql: string): ReturnType<typeof evaluateQuery> => {
        const plan = compileStatement(sql, catalog, caller);
        if (plan.kind !== 'select') throw new TypeError(`a SELECT was planned as ${plan.kind}`);
        return evaluateQuery(plan, relationOf);
      };
      expect(run(`SELECT COUNT(*) AS n ${from}`)).toEqual({ kind: 'count', name: 'n', count: BigInt(matches.length) });
      const columns = run(`SELECT r.name AS other, l.id ${from} LIMIT ${limit}`);
      if (columns.kind !== 'columns') throw new TypeError(`columns came as ${columns.kind}`);
      expect(columns.columns.map(({ name, type }) => [name, type.tag])).toEqual([
        ['other', 'String'],
        ['id', 'U32'],
      ]);
      expect(columns.rows).toHaveLength(Math.min(limit, matches.length));
      const known = new Set(matches.map((pair) => pair.map(({ key }) => key).join('|')));
      expect(columns.rows.filter((tuple) => !known.has(tuple.map(({ key }) => key).join('|')))).toEqual([]);
    }),
    propertyOptions(100),
  );
});
