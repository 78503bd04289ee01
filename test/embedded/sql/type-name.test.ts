import { expect, test } from 'vitest';
import { type AlgebraicType } from '../../../src/bsatn/algebraic-type.ts';
import { typeName } from '../../../src/embedded/sql/type-name.ts';

const u32: AlgebraicType = { tag: 'U32' };
const unit: AlgebraicType = { tag: 'Product', elements: [] };

test('types are printed as the server prints them', () => {
  const option: AlgebraicType = {
    tag: 'Sum',
    variants: [
      { name: 'some', type: { tag: 'Ref', ref: 0 } },
      { name: 'none', type: unit },
    ],
  };
  expect(typeName({ tag: 'U256' }, [])).toBe('U256');
  expect(typeName({ tag: 'Array', element: { tag: 'Array', element: { tag: 'U8' } } }, [])).toBe('Array<Array<U8>>');
  expect(typeName(option, [{ tag: 'String' }])).toBe('(some: String | none: ())');
  const pair: AlgebraicType = {
    tag: 'Product',
    elements: [
      { name: 'x', type: u32 },
      { name: undefined, type: u32 },
    ],
  };
  expect(typeName(pair, [])).toBe('(x: U32, 1: U32)');
  expect(typeName({ tag: 'Sum', variants: [{ name: undefined, type: u32 }] }, [])).toBe('(U32)');
  expect(typeName({ tag: 'Sum', variants: [] }, [])).toBe('(|)');
});

test('a type that contains itself ends with its number', () => {
  const list: AlgebraicType = {
    tag: 'Product',
    elements: [{ name: 'next', type: { tag: 'Array', element: { tag: 'Ref', ref: 0 } } }],
  };
  expect(typeName({ tag: 'Ref', ref: 0 }, [list])).toBe('(next: Array<&0>)');
});
