import { describe, expect, test } from 'vitest';
import { type AlgebraicType, type NamedType } from '../../src/bsatn/algebraic-type.ts';
import { fromHex, toHex } from '../../src/bsatn/bytes.ts';
import { positionalPrinter } from '../../src/embedded/fronts/value-json.ts';
import { encodeJsonArguments } from '../../src/embedded/json-arguments.ts';
import { referenceTypespace, rowTypeOf } from '../support/golden/reference-schema.ts';
import { loadTranscript } from '../support/golden/transcript.ts';

const string: AlgebraicType = { tag: 'String' };
const unit: AlgebraicType = { tag: 'Product', elements: [] };
const point: AlgebraicType = {
  tag: 'Product',
  elements: [
    { name: 'x', type: { tag: 'U8' } },
    { name: 'y', type: { tag: 'I16' } },
  ],
};
const shape: AlgebraicType = {
  tag: 'Sum',
  variants: [
    { name: 'dot', type: unit },
    { name: 'line', type: point },
  ],
};
const optionalU8: AlgebraicType = {
  tag: 'Sum',
  variants: [
    { name: 'some', type: { tag: 'U8' } },
    { name: 'none', type: unit },
  ],
};
const identity: AlgebraicType = { tag: 'Product', elements: [{ name: '__identity__', type: { tag: 'U256' } }] };

/** The hex of the BSATN of one argument. */
const hexOf = (type: AlgebraicType, json: string): string => encoded([{ name: 'a', type }], `[${json}]`);

function encoded(params: readonly NamedType[], text: string): string {
  return toHex(encodeJsonArguments(text, { name: 'f', params }, []));
}

/** What is wrong with one argument, without what every such text begins with. */
function problemOf(type: AlgebraicType, json: string): string {
  return problemOfAll([{ name: 'a', type }], `[${json}]`);
}

function problemOfAll(params: readonly NamedType[], text: string): string {
  try {
    return encoded(params, text);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return error.message.replace(/^.*: invalid arguments for function f: /, '');
  }
}

describe('JSON arguments', () => {
  test('come by position or by name, in any order and with any space', () => {
    const params = [
      { name: 'name', type: string },
      { name: 'age', type: { tag: 'U16' } },
    ] as const;
    const hex = '03000000616e6e2a00';
    expect(encoded(params, '["ann",42]')).toBe(hex);
    expect(encoded(params, '{"name":"ann","age":42}')).toBe(hex);
    expect(encoded(params, '\n{ "age" : 42 ,\t"n\\u0061me" : "ann" } ')).toBe(hex);
    expect(encoded([], '[]')).toBe('');
    expect(encoded([], '{}')).toBe('');
  });

  test('integers of any size keep all their digits', () => {
    expect(hexOf({ tag: 'U64' }, '18446744073709551615')).toBe('ff'.repeat(8));
    expect(hexOf({ tag: 'I64' }, '-9007199254740993')).toBe('ffffffffffffdfff');
    expect(hexOf({ tag: 'I8' }, '-128')).toBe('80');
    expect(hexOf({ tag: 'U128' }, `${2n ** 127n}`)).toBe(`${'00'.repeat(15)}80`);
    expect(hexOf({ tag: 'U256' }, '"0xFf00"')).toBe(`00ff${'00'.repeat(30)}`);
    expect(hexOf({ tag: 'I256' }, '"-0x1"')).toBe('ff'.repeat(32));
    expect(hexOf({ tag: 'F64' }, '1')).toBe('000000000000f03f');
    expect(hexOf({ tag: 'F32' }, '1.5e0')).toBe('0000c03f');
    expect(hexOf({ tag: 'Bool' }, 'true')).toBe('01');
  });

  test('products are objects or lists, also special ones', () => {
    expect(hexOf(point, '{"y":-1,"x":2}')).toBe('02ffff');
    expect(hexOf(point, '[2,-1]')).toBe('02ffff');
    expect(hexOf(identity, '{"__identity__":"0x01"}')).toBe(`01${'00'.repeat(31)}`);
    expect(hexOf(identity, '["0x01"]')).toBe(`01${'00'.repeat(31)}`);
    expect(hexOf(unit, '[]') + hexOf(unit, '{}')).toBe('');
  });

  test('sums come by name or number, options may be null', () => {
    for (const json of ['{"line":[1,2]}', '{"1":[1,2]}', '[1,[1,2]]', '["line",{"x":1,"y":2}]']) {
      expect(hexOf(shape, json)).toBe('01010200');
    }
    expect(hexOf(shape, '{"dot":[]}')).toBe('00');
    expect(hexOf(optionalU8, 'null')).toBe('01');
    expect(hexOf(optionalU8, '{"some":7}')).toBe('0007');
    expect(hexOf(optionalU8, '{"none":[]}')).toBe('01');
  });

  test('lists, bytes and strings', () => {
    expect(hexOf({ tag: 'Array', element: { tag: 'U16' } }, '[1,2]')).toBe('0200000001000200');
    expect(hexOf({ tag: 'Array', element: { tag: 'U8' } }, '"dEad"')).toBe('02000000dead');
    expect(hexOf({ tag: 'Array', element: { tag: 'U8' } }, '[222,173]')).toBe('02000000dead');
    expect(hexOf(string, String.raw`"h\u00e9\n\ud83d\ude00"`)).toBe('0800000068c3a90af09f9880');
  });

  test('of every type, as a server prints them, make the same bytes again', () => {
    const row = rowTypeOf('every_type');
    const rows = loadTranscript('every-type')
      .steps.flatMap((step) => (step.kind === 'expect' ? [...step.rows.values()] : []))
      .flatMap((tables) => tables.get('every_type') ?? []);
    // A server prints NaN and the infinities as null, from which there is no way back.
    const printed = [...new Set(rows)]
      .map((hex) => ({ hex, json: positionalPrinter(row, referenceTypespace)(fromHex(hex)) }))
      .filter(({ json }) => !json.includes('null'));
    expect(printed.length).toBeGreaterThan(0);
    for (const { hex, json } of printed) {
      const bytes = encodeJsonArguments(
        `[${json}]`,
        { name: 'f', params: [{ name: 'row', type: row }] },
        referenceTypespace,
      );
      expect(toHex(bytes)).toBe(hex);
    }
  });
});

describe('JSON arguments that are wrong are refused', () => {
  test('in the words of the real server', () => {
    const params = [
      { name: 'player', type: string },
      { name: 'points', type: { tag: 'I64' } },
    ] as const;
    expect(() => encodeJsonArguments('["ann"]', { name: 'add_score', params }, [])).toThrow(
      '.: invalid arguments for function add_score: .: .: invalid length 1, expected reducer args for add_score with 2 elements at line 1 column 7',
    );
  });

  test.each<readonly [AlgebraicType, string, string]>([
    [{ tag: 'U64' }, '"5"', '[0]: [0]: invalid type: string "5", expected u64 at line 1 column 4'],
    [{ tag: 'U64' }, '5.0', '[0]: [0]: invalid type: floating point `5.0`, expected u64 at line 1 column 4'],
    [{ tag: 'U8' }, '256', '[0]: [0]: invalid value: integer `256`, expected u8 at line 1 column 4'],
    [{ tag: 'I8' }, '-129', '[0]: [0]: invalid value: integer `-129`, expected i8 at line 1 column 5'],
    [{ tag: 'U256' }, '"ff"', '[0]: [0]: invalid value: string "ff", expected u256 at line 1 column 5'],
    [{ tag: 'U256' }, '"0xé"', '[0]: [0]: invalid value: string "0xé", expected u256 at line 1 column 7'],
    [{ tag: 'Bool' }, '1', '[0]: [0]: invalid type: integer `1`, expected a boolean at line 1 column 2'],
    [{ tag: 'F32' }, 'null', '[0]: [0]: invalid type: null, expected f32 at line 1 column 5'],
    [string, '{}', '[0]: [0]: invalid type: map, expected a string at line 1 column 3'],
    [optionalU8, '5', '[0]: [0]: invalid type: integer `5`, expected sum type option at line 1 column 2'],
    [shape, 'null', '[0]: [0]: invalid type: null, expected sum type at line 1 column 5'],
    [shape, '{"curve":[]}', '[0]: [0]: unknown variant `curve`, expected `dot` or `line` at line 1 column 13'],
    [shape, '[7,[]]', '[0]: [0]: unknown tag 0x7 for sum type <unknown> at line 1 column 7'],
    [
      shape,
      '[true,[]]',
      '[0]: [0]: invalid type: boolean `true`, expected variant identifier (string or int) at line 1 column 6',
    ],
    [shape, '{}', '[0]: [0]: expected map representing sum type to have exactly one field at line 1 column 3'],
    [shape, '[1]', '[0]: [0]: expected seq representing sum type to have exactly two fields at line 1 column 4'],
    [
      shape,
      '{"line":[1,true]}',
      '[0].line[1]: [0].line[1]: invalid type: boolean `true`, expected i16 at line 1 column 16',
    ],
    [point, '{"x":1}', '[0]: [0]: missing field `y` at line 1 column 8'],
    [point, '{"x":1,"x":2}', '[0]: [0]: duplicate field `x` at line 1 column 13'],
    [point, '{"z":1}', '[0]: [0]: unknown field `z`, expected `x` or `y` at line 1 column 8'],
    [point, '[1,2,3]', '[0]: [0]: trailing characters at line 1 column 8'],
    [identity, '"0x1"', '[0]: [0]: invalid type: string "0x1", expected a 1-element tuple at line 1 column 6'],
    [
      { tag: 'Array', element: { tag: 'U8' } },
      '"0xff"',
      '[0]: [0]: invalid value: string "0xff", expected a byte array or hex string at line 1 column 7',
    ],
    [
      { tag: 'Array', element: string },
      '["a",1]',
      '[0][1]: [0][1]: invalid type: integer `1`, expected a string at line 1 column 7',
    ],
  ])('%j from %s', (type, json, problem) => {
    expect(problemOf(type, json)).toBe(problem);
  });

  test.each([
    ['', 'EOF while parsing a value at line 1 column 0'],
    ['[', 'EOF while parsing a value at line 1 column 1'],
    ['["a"', 'expected `,` or `]` at line 1 column 4'],
    ['["a', 'EOF while parsing a string at line 1 column 1'],
    ['["\\x"]', 'invalid string at line 1 column 5'],
    ['[\n  nope]', 'expected value at line 2 column 3'],
    ['{a:1}', 'key must be a string at line 1 column 2'],
    ['{"a" 1}', 'expected `:` at line 1 column 6'],
    ['[01]', 'expected `,` or `]` at line 1 column 3'],
    ['["a"] x', 'trailing characters at line 1 column 7'],
    ['5', 'invalid type: integer `5`, expected a 1-element tuple at line 1 column 1'],
    ['{"b":1}', 'unknown reducer argument `b`, expected `a` at line 1 column 7'],
    ['{}', 'missing reducer argument `a` at line 1 column 2'],
  ])('the text %j', (text, problem) => {
    expect(problemOfAll([{ name: 'a', type: string }], text)).toBe(`.: .: ${problem}`);
  });

  test('nested without end', () => {
    expect(problemOf(string, '['.repeat(100_000))).toContain('recursion limit exceeded');
    const nested = (levels: number): string => problemOf(string, '['.repeat(levels) + ']'.repeat(levels));
    // Around the value is the list of arguments.
    expect(nested(126)).toContain('invalid type: sequence, expected a string');
    expect(nested(127)).toContain('recursion limit exceeded');
  });
});
