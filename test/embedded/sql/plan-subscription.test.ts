import { describe, expect, test } from 'vitest';
import { type RelationSchema } from '../../../src/embedded/relation.ts';
import { compileQuery, compileSubscription } from '../../../src/embedded/sql/compile.ts';
import { type JoinPlan, type SubscriptionPlan, tablesOfPlan } from '../../../src/embedded/sql/plan.ts';
import { catalogOf, referenceCatalog } from './reference-catalog.ts';
import { smallTable, storedRow } from './small-tables.ts';
import { caller, errorOf } from './support.ts';

const plan = (sql: string): SubscriptionPlan => compileSubscription(sql, referenceCatalog, caller);

function joinPlan(sql: string): JoinPlan {
  const joined = plan(sql);
  if (joined.kind !== 'join') throw new TypeError(`planned as ${joined.kind}: ${sql}`);
  return joined;
}

describe('a plan of one table', () => {
  test('says what it returns and reads', () => {
    const { kind, returns, dependsOnSender } = plan('SELECT * FROM score WHERE points > 1');
    expect([kind, returns.name, dependsOnSender]).toEqual(['table', 'score', false]);
    expect(tablesOfPlan(plan('SELECT * FROM score')).map(({ schema }) => schema.name)).toEqual(['score']);
  });

  test('says which values its rows have', () => {
    const equalities = (where: string): unknown =>
      tablesOfPlan(plan(`SELECT * FROM entity WHERE ${where}`))[0]?.equalities;
    expect(equalities('entity_id = 1')).toEqual([{ column: 0, value: 1 }]);
    expect(equalities('1 = entity_id AND (health = -2 AND score = 3)')).toEqual([
      { column: 0, value: 1 },
      { column: 3, value: -2 },
      { column: 4, value: 3n },
    ]);
    expect(equalities('entity_id = 1 OR health = 2')).toEqual([]);
    expect(equalities('entity_id > 1 AND health <> 2 AND TRUE')).toEqual([]);
    expect(tablesOfPlan(plan('SELECT * FROM user WHERE online'))[0]?.equalities).toEqual([{ column: 2, value: true }]);
  });

  test('depends on the sender where it is named', () => {
    const own = plan('SELECT * FROM user WHERE identity = :sender');
    expect(own.dependsOnSender).toBe(true);
    expect(tablesOfPlan(own)[0]?.equalities).toEqual([{ column: 0, value: caller.identity.value }]);
  });

  test('compares the sender with bytes in the order of the hex text', () => {
    const own = tablesOfPlan(plan('SELECT * FROM every_type WHERE bytes = :sender'))[0]?.equalities[0];
    expect(Buffer.from(String(own?.value), 'latin1').toString('hex')).toBe(caller.identity.toHexString());
  });
});

describe('a plan of a join', () => {
  const join = 'SELECT m.* FROM message m JOIN entity e ON e.entity_id = m.room';

  test('says what is joined and what comes out', () => {
    const { left, right, returned, returns, lookup, matches } = joinPlan(join);
    expect([left.schema.name, left.column, right.schema.name, right.column]).toEqual(['message', 1, 'entity', 0]);
    expect([returned, returns.name, lookup, matches]).toEqual(['left', 'message', 'right', undefined]);
    expect(joinPlan(join.replace('m.*', 'e.*')).returned).toBe('right');
    expect(tablesOfPlan(joinPlan(join)).map(({ schema }) => schema.name)).toEqual(['message', 'entity']);
  });

  test('keeps conditions with the side that they are about', () => {
    const where = "WHERE m.text = 'x' AND e.health = 2 AND m.id = e.score AND (m.id = 1 OR e.health = 3)";
    const { left, right, matches } = joinPlan(`${join} ${where}`);
    expect(left.equalities).toEqual([{ column: 3, value: 'x' }]);
    expect(right.equalities).toEqual([{ column: 3, value: 2 }]);
    expect(matches).toBeTypeOf('function');
  });

  test('looks up the side that is not compared with values', () => {
    expect(joinPlan(`${join} WHERE e.health = 2`).lookup).toBe('left');
    expect(joinPlan(`${join} WHERE m.text = 'x'`).lookup).toBe('right');
    expect(joinPlan(`${join} WHERE e.health = 2 AND m.text = 'x'`).lookup).toBe('right');
    expect(joinPlan(`${join} WHERE e.health = 2 OR e.health = 3`).lookup).toBe('right');
  });

  test('takes an index that ends with the join column when values say the rest of it', () => {
    const sql = 'SELECT m.* FROM message m JOIN note n ON m.text = n.folder WHERE m.id = 1 AND n.owner = :sender';
    expect(joinPlan(sql).lookup).toBe('right');
    expect(errorOf(() => plan(sql.replace('n.owner =', 'n.owner >')))).toBe(
      'Subscriptions require indexes on join columns',
    );
  });
});

test('a one-off query needs no index and may join more than two tables', () => {
  const sql = 'SELECT s.* FROM score s JOIN message m ON m.text = s.player JOIN note n ON n.body = m.text';
  expect(compileQuery(sql, referenceCatalog, caller).tables).toHaveLength(3);
  expect(errorOf(() => plan(sql))).toBe('Subscriptions require indexes on join columns');
});

test('tables and columns are found by the names of the source too, and answer by their canonical ones', () => {
  const schema: RelationSchema = {
    ...smallTable('small_table', []),
    alias: 'SmallTable',
    columns: [
      { name: 'the_id', alias: 'theId', type: { tag: 'U32' } },
      { name: 'other', alias: 'the_id', type: { tag: 'U32' } },
    ],
  };
  const compile = (sql: string): SubscriptionPlan => compileSubscription(sql, catalogOf([schema]), caller);
  const found = compile('SELECT * FROM SmallTable WHERE theId = 1 AND other = 2');
  expect(found.returns.name).toBe('small_table');
  expect(tablesOfPlan(found)[0]?.equalities.map(({ column }) => column)).toEqual([0, 1]);
  const ambiguous = compile('SELECT * FROM small_table WHERE the_id = 2');
  expect(tablesOfPlan(ambiguous)[0]?.equalities.map(({ column }) => column)).toEqual([1]);
});

test('a predicate compares with the values of the row', () => {
  const small = compileSubscription(
    "SELECT * FROM t WHERE ratio < 1 AND name >= 'b'",
    catalogOf([smallTable('t', [])]),
    caller,
  );
  const accepts = tablesOfPlan(small)[0]?.accepts;
  expect(accepts?.(storedRow([1, 1, 0n, 0.5, 'b', '', false]))).toBe(true);
  expect(accepts?.(storedRow([1, 1, 0n, Number.NaN, 'b', '', false]))).toBe(false);
  expect(accepts?.(storedRow([1, 1, 0n, 0.5, 'a', '', false]))).toBe(false);
});
