import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tableOfQuery } from '../../src/subscription/query.ts';
import { allTables, tableOfSql } from '../../src/subscription/table-of-sql.ts';
import { quotedName } from '../../src/subscription/sql-name.ts';
import { propertyOptions } from '../support/property.ts';

describe('the table of a query', () => {
  test.each<[string, string | typeof allTables]>([
    ['SELECT * FROM user', 'user'],
    ['  select\t*\nfrom user  ;', 'user'],
    ['SeLeCt*FrOm user wHeRe online = TRUE', 'user'],
    ['SELECT * FROM *', allTables],
    ['select * from * -- all of it', allTables],
    ['SELECT * FROM User', 'User'],
    ['SELECT * FROM "user"', 'user'],
    ['SELECT*FROM"user"', 'user'],
    ['SELECT * FROM "with ""quotes"" -- and /* signs */ . * from"', 'with "quotes" -- and /* signs */ . * from'],
    ['SELECT * FROM "select"', 'select'],
    ['SELECT * FROM lib.user', 'lib.user'],
    ['SELECT * FROM "lib" . "user"', 'lib.user'],
    ['SELECT * FROM "lib.user"', 'lib.user'],
    ['SELECT * FROM größe_ß1', 'größe_ß1'],
    ['SELECT * FROM 日本語', '日本語'],
    ['SELECT * FROM user u', 'user'],
    ['SELECT * FROM user AS "u" WHERE "u".id = 1', 'user'],
    ['SELECT u.* FROM user u', 'user'],
    ['SELECT user.* FROM user', 'user'],
    ['SELECT lib.user.* FROM lib.user', 'lib.user'],
    ["SELECT * FROM user WHERE name = 'x FROM y' AND note = '--'", 'user'],
    ['SELECT * FROM user WHERE id = 1 -- FROM other', 'user'],
    ['SELECT /* FROM other */ * FROM /* a /* nested */ comment */ user', 'user'],
    ['-- first\nSELECT * -- "\nFROM user', 'user'],
    ['SELECT m.* FROM message m JOIN user u ON m.sender = u.id', 'message'],
    ['SELECT u.* FROM message m JOIN user u ON m.sender = u.id WHERE u.online = TRUE', 'user'],
    ['SELECT "user".* FROM "message" INNER JOIN "user" ON "message"."sender" = "user"."id"', 'user'],
    ['SELECT b.* FROM lib.a AS a join lib.b AS b on a.x = b.x', 'lib.b'],
    ['SELECT b.* FROM a CROSS JOIN b WHERE a.x = b.x', 'b'],
    // The names may be those of each other's tables.
    ['SELECT a.* FROM b a JOIN a b ON a.x = b.x', 'b'],
    ['SELECT * FROM user LIMIT 5', 'user'],
  ])('%s', (sql, table) => {
    expect(tableOfSql(sql)).toBe(table);
  });

  test.each([
    '',
    '   ',
    'SELECT',
    'SELECT * FROM',
    'SELECT FROM user',
    'SELECT id FROM user',
    'SELECT user.id FROM user',
    'SELECT user. FROM user',
    'SELECT . * FROM user',
    'SELECT COUNT(*) AS n FROM user',
    'SELECT u.* FROM user',
    'SELECT c.* FROM a JOIN b ON a.x = b.x JOIN c ON b.x = c.x',
    'SELECT * FROM a JOIN b ON a.x = b.x',
    'SELECT u.* FROM *',
    'SELECT * FROM (SELECT * FROM user)',
    'SELECT * FROM lib.',
    'SELECT * FROM .user',
    'SELECT * FROM "user',
    'SELECT * FROM /* user',
    'SELECT * FROM -- user',
    'INSERT INTO user VALUES (1)',
    'SELECTED * FROM user',
    '"SELECT" * FROM user',
    "SELECT * FROM 'user'",
    'SELECT * FROM 1user',
  ])('is not to be found in %j', (sql) => {
    expect(tableOfSql(sql)).toBeUndefined();
  });

  test('of a query made by generated code is said by it', () => {
    const query = { table: 'user', decodeRow: () => undefined, toSql: () => 'SELECT * FROM other' };
    expect(tableOfQuery(query)).toBe('user');
  });

  test('is the one that was quoted, whatever its name', () => {
    const name = fc.string({ minLength: 1, maxLength: 8, unit: 'binary' }).filter((part) => !part.includes('.'));
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 3 }), (parts) => {
        const table = parts.join('.');
        expect(tableOfSql(`SELECT * FROM ${quotedName(table)}`)).toBe(table);
        expect(tableOfSql(`SELECT "l".* FROM ${quotedName(table)} "l" JOIN "b" "r" ON "l"."x" = "r"."y"`)).toBe(table);
      }),
      propertyOptions(200),
    );
  });

  test('is looked for in anything without an error', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'SELECT',
        '*',
        'FROM',
        'JOIN',
        'INNER',
        'AS',
        'a',
        '.',
        '"',
        "'",
        '--',
        '/*',
        '*/',
        ' ',
        '\n',
        'ON',
        'WHERE',
      ),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        expect(['string', 'symbol', 'undefined']).toContain(typeof tableOfSql(pieces.join('')));
      }),
      propertyOptions(1000),
    );
  });

  test.each(['/*', '"', '--', 'a.', 'a ', ' ', '"a".', '/*/', "'", 'SELECT ', '""'])(
    'takes time in proportion to the text, also for one of nothing but %j',
    (piece) => {
      // 200,000 characters: whoever goes over them again and again does not come to an end here.
      for (const start of ['', 'SELECT ', 'SELECT * FROM ', 'SELECT a.* FROM a JOIN ']) {
        expect(['string', 'symbol', 'undefined']).toContain(
          typeof tableOfSql(start + piece.repeat(200_000 / piece.length)),
        );
      }
    },
  );
});
