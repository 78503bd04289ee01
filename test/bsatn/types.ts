import { type AlgebraicType, type NamedType, type ProductType, type SumType } from '../../src/bsatn/algebraic-type.ts';

function named(types: Readonly<Record<string, AlgebraicType>>): NamedType[] {
  return Object.entries(types).map(([name, type]) => ({ name, type }));
}

/** A product with these elements, in this order. */
export function product(elements: Readonly<Record<string, AlgebraicType>>): ProductType {
  return { tag: 'Product', elements: named(elements) };
}

/** A sum with these variants, in this order. */
export function sum(variants: Readonly<Record<string, AlgebraicType>>): SumType {
  return { tag: 'Sum', variants: named(variants) };
}

export function arrayType(element: AlgebraicType): AlgebraicType {
  return { tag: 'Array', element };
}

export function ref(index: number): AlgebraicType {
  return { tag: 'Ref', ref: index };
}

export function optionType(some: AlgebraicType): SumType {
  return sum({ some, none: unitType });
}

export const unitType: ProductType = { tag: 'Product', elements: [] };
