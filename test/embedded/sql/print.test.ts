import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseStatement } from '../../../src/embedded/sql/parse-statement.ts';
import { printStatement } from '../../../src/embedded/sql/print-change.ts';
import { propertyOptions } from '../../support/property.ts';

const printed = (sql: string): string => printStatement(parseStatement(sql));

describe('a statement is printed in one form', () => {
  test.each([
    ['select  *  from t  where a<>1 limit 1', 'SELECT * FROM t WHERE a <> 1 LIMIT 1'],
    [
      'SELECT * FROM t WHERE a = 1 AND b != 2 AND c == 3 OR NOT d',
      'SELECT * FROM t WHERE a = 1 AND b <> 2 AND c = 3 OR NOT d',
    ],
    ['SELECT a + b * -c - (d % 2) FROM t', 'SELECT a + b * -c - (d % 2) FROM t'],
    [
      `SELECT "a b" AS "c", d e, 'it''s' FROM t u, "v" AS 'w'`,
      `SELECT "a b" AS "c", d AS e, 'it''s' FROM t AS u, "v" AS 'w'`,
    ],
    [
      "SELECT * FROM t WHERE a = 0xfF AND b = x'00' AND c = TRUE",
      "SELECT * FROM t WHERE a = X'fF' AND b = X'00' AND c = true",
    ],
    [
      'SELECT * FROM a LEFT OUTER JOIN b ON x = y INNER JOIN c USING (d, e) NATURAL JOIN f CROSS JOIN g',
      'SELECT * FROM a LEFT JOIN b ON x = y JOIN c USING(d, e) NATURAL JOIN f CROSS JOIN g',
    ],
    [
      'SELECT DISTINCT a FROM t GROUP BY a, b HAVING x > 1 ORDER BY a ASC, b DESC NULLS LAST OFFSET 1 ROWS LIMIT 2',
      'SELECT DISTINCT a FROM t GROUP BY a, b HAVING x > 1 ORDER BY a ASC, b DESC NULLS LAST LIMIT 2 OFFSET 1 ROWS',
    ],
    [
      'SELECT * FROM t WHERE a not in (1,2) and b between 1 and 2 and c is not null',
      'SELECT * FROM t WHERE a NOT IN (1, 2) AND b BETWEEN 1 AND 2 AND c IS NOT NULL',
    ],
    [
      "SELECT * FROM t WHERE a like 'x' escape '!' or exists (select 1) or case a when 1 then 2 else 3 end",
      "SELECT * FROM t WHERE a LIKE 'x' ESCAPE '!' OR EXISTS (SELECT 1) OR CASE a WHEN 1 THEN 2 ELSE 3 END",
    ],
    [
      'SELECT a::int, cast(b as varchar(10)), f(distinct c, *)',
      'SELECT CAST(a AS INT), CAST(b AS VARCHAR(10)), f(DISTINCT c, *)',
    ],
    ['(SELECT 1) UNION ALL SELECT 2 EXCEPT SELECT 3', '(SELECT 1) UNION ALL SELECT 2 EXCEPT SELECT 3'],
    ['WITH a (b) AS (SELECT 1) SELECT * FROM (SELECT 2) c', 'WITH a (b) AS (SELECT 1) SELECT * FROM (SELECT 2) AS c'],
    [
      "insert into t (a,b) values (1,'x'),(:y,-2) returning *",
      "INSERT INTO t (a, b) VALUES (1, 'x'), (:y, -2) RETURNING *",
    ],
    ['update t x set a=1,"b"=c from d where e', 'UPDATE t AS x SET a = 1, "b" = c FROM d WHERE e'],
    ['delete from t using u where a = 1', 'DELETE FROM t USING u WHERE a = 1'],
  ])('%s', (sql, text) => {
    expect(printed(sql)).toBe(text);
  });
});

test('what is printed reads as what it was printed from', () => {
  const operand = fc.constantFrom(
    'a',
    'b.c',
    '"d e"',
    '1',
    '-2.5e3',
    "'it''s'",
    '0xff',
    'TRUE',
    'NULL',
    ':sender',
    'f(a, 1)',
  );
  const { expression } = fc.letrec<{ expression: string }>((tie) => ({
    expression: fc.oneof(
      { depthSize: 'medium' },
      operand,
      fc
        .tuple(
          tie('expression'),
          fc.constantFrom('=', '<', '+', '*', '||', 'AND', 'OR', 'LIKE', 'IS DISTINCT FROM', '::'),
          tie('expression'),
        )
        .map(([left, operator, right]) => (operator === '::' ? `(${left})::int` : `${left} ${operator} ${right}`)),
      tie('expression').map((inner) => `(${inner})`),
      tie('expression').map((inner) => `NOT ${inner}`),
      fc.array(tie('expression'), { minLength: 1, maxLength: 3 }).map((list) => `a IN (${list.join(', ')})`),
    ),
  }));
  fc.assert(
    fc.property(expression, (where) => {
      const once = printed(`SELECT * FROM t WHERE ${where}`);
      expect(printed(once)).toBe(once);
    }),
    propertyOptions(200),
  );
});
