import { describe, expect, test } from 'vitest';
import {
  compileQuery,
  compileStatement,
  compileSubscription,
  isSelectAllTables,
} from '../../../src/embedded/sql/compile.ts';
import { SqlError, subscriptionErrorText } from '../../../src/embedded/sql/sql-error.ts';
import { referenceCatalog } from './reference-catalog.ts';
import { caller, errorOf, recordedRefusals } from './support.ts';

const subscribe = (sql: string): unknown => compileSubscription(sql, referenceCatalog, caller);
const oneOff = (sql: string): unknown => compileQuery(sql, referenceCatalog, caller);
const http = (sql: string): unknown => compileStatement(sql, referenceCatalog, caller);

const chain = (count: number): string => `SELECT * FROM entity WHERE ${Array(count).fill('health = 1').join(' OR ')}`;
const nested = (count: number): string => `SELECT * FROM user WHERE ${'('.repeat(count)}online${')'.repeat(count)}`;

describe('a subscription is refused with the text of the server', () => {
  test.each([
    ['an unknown table', 'SELECT * FROM nope', 'no such table: `nope`. If the table exists, it may be marked private.'],
    [
      'a private table',
      'SELECT * FROM secret',
      'no such table: `secret`. If the table exists, it may be marked private.',
    ],
    ['an unknown column', 'SELECT * FROM score WHERE nope = 1', '`nope` is not in scope'],
    ['an unknown alias', 'SELECT * FROM score WHERE x.points = 1', '`x` is not in scope'],
    [
      'a projection',
      'SELECT points FROM score',
      'Column projections are not supported in subscriptions; Subscriptions must return a table type',
    ],
    [
      'COUNT',
      'SELECT COUNT(*) AS n FROM score',
      'Column projections are not supported in subscriptions; Subscriptions must return a table type',
    ],
    ['COUNT without an alias', 'SELECT COUNT(*) FROM score', 'Aggregate expressions must have column aliases'],
    [
      '* with JOIN',
      'SELECT * FROM entity JOIN message ON entity.entity_id = message.room',
      'SELECT * is not supported for joins',
    ],
    ['t.* and a column', 'SELECT score.*, points FROM score', 'Mixed wildcard projections are not supported'],
    ['LIMIT', 'SELECT * FROM score LIMIT 5', 'Unsupported: SELECT * FROM score LIMIT 5'],
    ['ORDER BY', 'select * from score order by points desc', 'Unsupported: SELECT * FROM score ORDER BY points DESC'],
    ['OFFSET', 'SELECT * FROM score OFFSET 2', 'Unsupported: SELECT * FROM score OFFSET 2'],
    [
      'WITH',
      'WITH x AS (SELECT * FROM score) SELECT * FROM x',
      'Unsupported: WITH x AS (SELECT * FROM score) SELECT * FROM x',
    ],
    ['DISTINCT', 'SELECT DISTINCT * FROM score', 'Unsupported SELECT: SELECT DISTINCT * FROM score'],
    ['GROUP BY', 'SELECT * FROM score GROUP BY player', 'Unsupported SELECT: SELECT * FROM score GROUP BY player'],
    [
      'UNION',
      'SELECT * FROM score UNION SELECT * FROM score',
      'Unsupported set operation: SELECT * FROM score UNION SELECT * FROM score',
    ],
    [
      'LEFT JOIN',
      'SELECT e.* FROM entity e LEFT JOIN message m ON e.entity_id = m.room',
      'Non-inner joins are not supported',
    ],
    [
      'ON that is not one equality',
      'SELECT e.* FROM entity e JOIN message m ON e.entity_id = m.room AND m.id = 1',
      'Non-inner joins are not supported',
    ],
    ['FROM with a comma', 'SELECT a.* FROM score a, score b', 'Implicit joins are not supported'],
    [
      'unqualified names with JOIN',
      'SELECT e.* FROM entity e JOIN message m ON entity_id = room',
      'Names must be qualified when using joins',
    ],
    ['the same alias twice', 'SELECT e.* FROM entity e JOIN message e ON e.a = e.b', 'Duplicate name `e`'],
    [
      'types that differ',
      'SELECT * FROM entity WHERE entity_id = health',
      'Unexpected type: (expected) I32 != U32 (inferred)',
    ],
    [
      'a literal of another type',
      "SELECT * FROM entity WHERE entity_id = 'a'",
      'The literal expression `a` cannot be parsed as type `U32`',
    ],
    ['NOT', 'SELECT * FROM entity WHERE NOT (entity_id = 1)', 'Unsupported expression: NOT (entity_id = 1)'],
    ['IN', 'SELECT * FROM entity WHERE health IN (1, 2)', 'Unsupported expression: health IN (1, 2)'],
    ['LIKE', "SELECT * FROM score WHERE player LIKE 'a%'", "Unsupported expression: player LIKE 'a%'"],
    ['+', 'SELECT * FROM entity WHERE health + 1 = 2', 'Unsupported binary operator: +'],
    ['another parameter', 'SELECT * FROM entity WHERE health = :foo', 'Unsupported literal expression: :foo'],
    ['NULL', 'SELECT * FROM entity WHERE health = NULL', 'Unsupported literal expression: NULL'],
    [
      'a type without an order',
      'SELECT * FROM user WHERE name = name',
      'Invalid binary operator `=` for type `(some: String | none: ())`',
    ],
    ['literals on both sides', 'SELECT * FROM entity WHERE 1 = 1', 'Cannot resolve type for literal expression'],
    ['a change', 'DELETE FROM score', 'Unsupported: Non-SELECT queries'],
    ['two statements', 'SELECT * FROM score; SELECT * FROM score', 'Multiple SQL statements are not supported'],
    ['only a semicolon', ';', 'Empty SQL query'],
    ['only space', ' \n', 'SubscriptionError: Empty string'],
    ['no table', 'SELECT * FROM', 'sql parser error: Expected identifier, found: EOF'],
    [
      'no statement',
      'SELEC * FROM score',
      'sql parser error: Expected an SQL statement, found: SELEC at Line: 1, Column 1',
    ],
    ['a subquery in FROM', 'SELECT * FROM (SELECT * FROM score)', 'Unsupported FROM expression: (SELECT * FROM score)'],
    [
      'a join without an index',
      'SELECT message.* FROM message JOIN score ON message.text = score.player',
      'Subscriptions require indexes on join columns',
    ],
    [
      'three tables',
      'SELECT a.* FROM entity a JOIN message b ON a.entity_id = b.room JOIN message c ON b.id = c.id',
      'Invalid number of tables in subscription: 3',
    ],
  ])('%s', (_, sql, message) => {
    expect(errorOf(() => subscribe(sql))).toBe(message);
  });

  test('a text of more than 50,000 bytes, which shows its first 120 characters', () => {
    const sql = `SELECT * FROM score WHERE player = '${'é'.repeat(25_000)}'`;
    expect(errorOf(() => subscribe(sql))).toBe(`SQL query exceeds maximum allowed length: "${sql.slice(0, 120)}..."`);
    expect(errorOf(() => subscribe(`SELECT * FROM score WHERE player = '${'é'.repeat(24_950)}'`))).toBeUndefined();
  });

  test('operators and parentheses that nest too deeply', () => {
    expect(errorOf(() => subscribe(chain(1600)))).toBeUndefined();
    expect(errorOf(() => subscribe(chain(1601)))).toBe('Recursion limit exceeded, `sql-parser::parse_expr`');
    expect(errorOf(() => subscribe(nested(47)))).toBeUndefined();
    expect(errorOf(() => subscribe(nested(48)))).toBe('sql parser error: recursion limit exceeded');
    const negated = `SELECT * FROM entity WHERE ${'NOT '.repeat(12_000)}TRUE`;
    expect(errorOf(() => subscribe(negated))).toMatch(/recursion limit exceeded$|^Unsupported expression: NOT NOT/);
  });
});

describe('what a real server answered', () => {
  test.each(recordedRefusals('queries'))('to %s', (sql, message) => {
    expect(errorOf(() => subscribe(sql))).toBe(message);
    expect(errorOf(() => oneOff(sql))).toBe(message);
  });

  test.each(recordedRefusals('joins'))('to the subscription %s', (sql, message) => {
    expect(errorOf(() => subscribe(sql))).toBe(message);
    expect(errorOf(() => oneOff(sql))).toBeUndefined();
  });

  test.each(recordedRefusals('statements'))('over HTTP to %s', (sql, message) => {
    expect(errorOf(() => http(sql))).toBe(message);
  });

  test.each(recordedRefusals('changes'))('over HTTP to the change %s', (sql, message) => {
    expect(errorOf(() => http(sql))).toBe(message);
  });
});

describe('a subscription may be written', () => {
  test.each([
    'SELECT * FROM score',
    'select * from score;',
    ';SELECT * FROM score;;',
    'SELECT * FROM "score"',
    'SELECT score.* FROM score WHERE score.points >= 1',
    'SELECT s.* FROM score AS s WHERE s.points <> -1 OR "s"."player" = \'x\'',
    'SELECT * FROM score -- all of it\nWHERE /* not /* quite */ */ points > 1',
    'SELECT ALL * FROM score LIMIT ALL',
    'SELECT * FROM "setting" WHERE ("setting"."key" = \'a\') AND ("setting"."slot" = 1)',
    'SELECT "entity".* FROM "message" JOIN "entity" ON "message"."room" = "entity"."entity_id" WHERE "message"."id" = 3',
    "SELECT m.* FROM message m INNER JOIN entity e ON e.entity_id = m.room WHERE e.health = 1 OR m.text = 'x'",
    'SELECT * FROM user WHERE online',
    'SELECT * FROM user WHERE online AND TRUE',
    'SELECT * FROM user WHERE (online = FALSE) = (identity < :sender)',
    'SELECT * FROM user WHERE :sender = identity',
    'SELECT * FROM every_type WHERE 5 < id AND bytes = :sender',
    'SELECT * FROM lobby',
    'SELECT e.* FROM lobby l JOIN entity e ON l.room = e.entity_id',
    'SELECT * FROM chat_event WHERE room = 7',
    'SELECT c.* FROM chat_event c JOIN entity e ON c.room = e.entity_id',
  ])('%s', (sql) => {
    expect(errorOf(() => subscribe(sql))).toBeUndefined();
  });
});

test('the recorded answers are there', () => {
  const kinds = ['queries', 'joins', 'statements', 'changes'] as const;
  for (const kind of kinds) expect(recordedRefusals(kind).length).toBeGreaterThan(10);
});

test('the suffix of a subscription is the trimmed query', () => {
  expect(subscriptionErrorText(new SqlError('bad'), ' SELECT 1 ')).toBe('bad, executing: `SELECT 1`');
});

test('a subscription to all tables is recognised', () => {
  expect(['SELECT * FROM *', ' select * from * '].map(isSelectAllTables)).toEqual([true, true]);
  expect(['SELECT * FROM score', 'SELECT * FROM **', ''].map(isSelectAllTables)).toEqual([false, false, false]);
});

test('what the embedded server leaves out is refused by name', () => {
  expect(errorOf(() => http('SET row_limit = 5'))).toBe(
    'Unsupported: SET row_limit = 5 (the embedded server has no system variables)',
  );
  expect(errorOf(() => http('SHOW row_limit'))).toContain('the embedded server has no system variables');
});
