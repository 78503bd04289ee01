import { describe, expect, test } from 'vitest';
import { tokenize } from '../../../src/embedded/sql/lexer.ts';
import { tokenText } from '../../../src/embedded/sql/token.ts';
import { errorOf } from './support.ts';

const texts = (sql: string): readonly string[] => tokenize(sql).map(tokenText);

test('words, numbers, strings and symbols are told apart', () => {
  expect(texts(`SELECT é$1,"a""b" FROM t`)).toEqual(['SELECT', 'é$1', ',', '"a""b"', 'FROM', 't', 'EOF']);
  expect(texts('1 1.5 .5 1e3 1E-2 1e 1L 0x1F')).toEqual([
    '1',
    '1.5',
    '.5',
    '1e3',
    '1E-2',
    '1',
    'e',
    '1L',
    "X'1F'",
    'EOF',
  ]);
  expect(texts(`'it''s' X'ab' x'' N'n' E'a\\'\\n' $$x$$ $t$x$$y$t$`)).toEqual([
    "'it's'",
    "X'ab'",
    "X''",
    "N'n'",
    "E'a'\n'",
    '$$x$$',
    '$t$x$$y$t$',
    'EOF',
  ]);
  expect(texts('a!=b<>c<=d->>e::f ? ?1 $1 :x')).toEqual([
    'a',
    '<>',
    'b',
    '<>',
    'c',
    '<=',
    'd',
    '->>',
    'e',
    '::',
    'f',
    '?',
    '?1',
    '$1',
    ':',
    'x',
    'EOF',
  ]);
});

test('a quoted word is no keyword', () => {
  const [quoted, bare] = tokenize('"where" where');
  expect(quoted).toMatchObject({ kind: 'word', keyword: '', value: 'where' });
  expect(bare).toMatchObject({ kind: 'word', keyword: 'WHERE', value: 'where' });
});

test('space and comments stand for nothing', () => {
  expect(texts('a -- b\n/* c /* d */ e */ \u00a0f--')).toEqual(['a', 'f', 'EOF']);
});

test('lines and columns count characters from 1', () => {
  const locations = tokenize("a\n 😀'x'\r\n\tb").map(({ location }) => location);
  expect(locations).toEqual([
    { line: 1, column: 1 },
    { line: 2, column: 2 },
    { line: 2, column: 3 },
    { line: 3, column: 2 },
    undefined,
  ]);
});

describe('what has no end is refused', () => {
  test.each([
    ["a 'b", 'Unterminated string literal at Line: 1, Column 3'],
    ["a E'b\\'", 'Unterminated encoded string literal at Line: 1, Column 3'],
    ['a\n"b', `Expected close delimiter '"' before EOF. at Line: 2, Column 1`],
    ['a /* b', 'Unexpected EOF while in a multi-line comment at Line: 1, Column 7'],
    ['$$a', 'Unterminated dollar-quoted string at Line: 1, Column 4'],
  ])('%j', (sql, message) => {
    expect(errorOf(() => tokenize(sql))).toBe(`sql parser error: ${message}`);
  });
});
