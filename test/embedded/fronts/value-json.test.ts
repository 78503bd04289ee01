import { describe, expect, test } from 'vitest';
import { type AlgebraicType, type Typespace } from '../../../src/bsatn/algebraic-type.ts';
import { fromHex } from '../../../src/bsatn/bytes.ts';
import { positionalPrinter } from '../../../src/embedded/fronts/value-json.ts';

const unit: AlgebraicType = { tag: 'Product', elements: [] };
const product = (...types: readonly AlgebraicType[]): AlgebraicType => ({
  tag: 'Product',
  elements: types.map((type, index) => ({ name: `f${index}`, type })),
});
const sum = (...types: readonly AlgebraicType[]): AlgebraicType => ({
  tag: 'Sum',
  variants: types.map((type, index) => ({ name: `v${index}`, type })),
});
const print = (type: AlgebraicType, hex: string, typespace: Typespace = []): string =>
  positionalPrinter(type, typespace)(fromHex(hex));

describe('positionalPrinter', () => {
  test('prints products by position and sums as tag and payload', () => {
    expect(print(product({ tag: 'U8' }, { tag: 'Bool' }), '0501')).toBe('[5,true]');
    expect(print(sum({ tag: 'U8' }, unit), '0004')).toBe('[0,4]');
    expect(print(sum({ tag: 'U8' }, unit), '01')).toBe('[1,[]]');
    expect(print(product({ tag: 'U256' }), '01'.padEnd(64, '0'))).toBe('["0x1"]');
  });

  test('prints every digit of wide integers', () => {
    expect(print({ tag: 'U64' }, 'ffffffffffffffff')).toBe('18446744073709551615');
    expect(print({ tag: 'I64' }, 'ffffffffffffffff')).toBe('-1');
    expect(print({ tag: 'I128' }, '0000000000000000'.padEnd(30, '0') + '80')).toBe(
      '-170141183460469231731687303715884105728',
    );
    expect(print({ tag: 'I256' }, 'ff'.repeat(32))).toBe('"-0x1"');
  });

  test('prints floats with the fewest digits of their own width, and no NaN', () => {
    expect(print({ tag: 'F32' }, 'cdcccc3d')).toBe('0.1');
    expect(print({ tag: 'F32' }, 'ffff7f7f')).toBe('3.4028235e+38');
    expect(print({ tag: 'F64' }, '9a9999999999b93f')).toBe('0.1');
    expect(print({ tag: 'F64' }, '0000000000001440')).toBe('5.0');
    expect(print({ tag: 'F64' }, '0000000000000080')).toBe('-0.0');
    expect(print({ tag: 'F32' }, '0000c07f')).toBe('null');
    expect(print({ tag: 'F64' }, '000000000000f0ff')).toBe('null');
  });

  test('prints bytes as hex, other arrays as lists, texts with their escapes', () => {
    expect(print({ tag: 'Array', element: { tag: 'U8' } }, '02000000dead')).toBe('"dead"');
    expect(print({ tag: 'Array', element: { tag: 'U16' } }, '020000000100ffff')).toBe('[1,65535]');
    expect(print({ tag: 'String' }, '03000000220a61')).toBe(String.raw`"\"\na"`);
  });

  test('follows types that refer to themselves', () => {
    const list: Typespace = [sum(product({ tag: 'U8' }, { tag: 'Ref', ref: 0 }), unit)];
    expect(print({ tag: 'Ref', ref: 0 }, '0001000201', list)).toBe('[0,[1,[0,[2,[1,[]]]]]]');
  });
});
