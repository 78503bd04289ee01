import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AlgebraicType, isUnit, type NamedType, specialTypeOf } from '../../src/bsatn/algebraic-type.ts';
import { decode, encode } from '../../src/bsatn/codec.ts';
import { codecOf } from '../../src/bsatn/composed-codec.ts';
import { BsatnReader } from '../../src/bsatn/reader.ts';
import { type TypeFit, typeFit } from '../../src/drift/type-fit.ts';
import { TypeTexts } from '../../src/module-def/type-text.ts';
import { propertyOptions } from '../support/property.ts';

const unit: AlgebraicType = { tag: 'Product', elements: [] };
const leaves = ['U8', 'I8', 'Bool', 'U32', 'F32', 'I64', 'String'] as const;
const names = ['a', 'b', 'c', 'd', 'e'];

const { type: anyType } = fc.letrec<{ type: AlgebraicType }>((tie) => {
  const parts = (most: number): fc.Arbitrary<NamedType[]> =>
    fc
      .array(fc.oneof({ weight: 2, arbitrary: tie('type') }, { weight: 1, arbitrary: fc.constant(unit) }), {
        minLength: 1,
        maxLength: most,
      })
      .map((types) => types.map((type, index) => ({ name: names[index], type })));
  return {
    type: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.constantFrom(...leaves).map((tag): AlgebraicType => ({ tag })),
      fc.constant<AlgebraicType>({ tag: 'Product', elements: [{ name: '__identity__', type: { tag: 'U256' } }] }),
      parts(3).map((elements): AlgebraicType => ({ tag: 'Product', elements })),
      parts(4).map((variants): AlgebraicType => ({ tag: 'Sum', variants })),
      tie('type').map((element): AlgebraicType => ({ tag: 'Array', element })),
      tie('type').map((some): AlgebraicType => ({
        tag: 'Sum',
        variants: [
          { name: 'some', type: some },
          { name: 'none', type: unit },
        ],
      })),
    ),
  };
});

/** One change somewhere in a type: `at` chooses where, `how` what. */
function changed(type: AlgebraicType, at: readonly number[], how: number): AlgebraicType {
  const [first = 0, ...rest] = at;
  const inside = partsOf(type);
  const index = inside.length === 0 ? 0 : first % inside.length;
  const part = inside[index];
  if (part !== undefined && at.length > 0) {
    const other = { ...part, type: changed(part.type, rest, how) };
    return withParts(
      type,
      inside.map((each) => (each === part ? other : each)),
    );
  }
  if (specialTypeOf(type) !== undefined)
    return how % 2 === 0 ? { tag: 'U8' } : { tag: 'Sum', variants: [{ name: 'a', type: unit }] };
  if (type.tag === 'Array') return type.element;
  if (inside.length === 0) return { tag: leaves[how % leaves.length] ?? 'U8' };
  const last = inside.length - 1;
  switch (how % 5) {
    case 0:
      return withParts(type, [...inside, { name: 'z', type: how % 2 === 0 ? unit : { tag: 'U8' as const } }]);
    case 1:
      return withParts(type, inside.slice(0, Math.max(1, last)));
    case 2:
      return withParts(type, [...inside].reverse());
    case 3:
      return withParts(type, [...inside.slice(0, last), { name: 'y', type: inside[last]?.type ?? unit }]);
    default:
      return withParts(type, [{ name: 'x', type: unit }, ...inside]);
  }
}

/** What may change in a type: of an option only what is in it, for it would be none otherwise. */
function partsOf(type: AlgebraicType): readonly NamedType[] {
  if (type.tag === 'Array') return [{ name: undefined, type: type.element }];
  if (specialTypeOf(type)?.kind === 'identity') return [];
  if (specialTypeOf(type)?.kind === 'option' && type.tag === 'Sum') return type.variants.slice(0, 1);
  return type.tag === 'Product' ? type.elements : type.tag === 'Sum' ? type.variants : [];
}

function withParts(type: AlgebraicType, parts: readonly NamedType[]): AlgebraicType {
  // Two changes may want one name.
  if (type.tag !== 'Array' && new Set(parts.map(({ name }) => name)).size < parts.length) return type;
  const [first] = parts;
  if (type.tag === 'Array') return first === undefined ? type : { ...type, element: first.type };
  if (type.tag === 'Product') return { ...type, elements: parts };
  if (type.tag !== 'Sum') return type;
  return { ...type, variants: specialTypeOf(type)?.kind === 'option' ? [...parts, ...type.variants.slice(1)] : parts };
}

/** Values of a type that between them have every variant, with something in every array and option. */
function valuesOf(type: AlgebraicType): readonly unknown[] {
  const special = specialTypeOf(type);
  if (special?.kind === 'option')
    return [undefined, ...valuesOf(special.some).map((some) => wrapped(special.some, some))];
  switch (type.tag) {
    case 'Product': {
      if (special !== undefined) return samplesOf(type);
      const columns = type.elements.map((element) => valuesOf(element.type));
      const most = Math.max(0, ...columns.map((values) => values.length));
      return Array.from({ length: Math.max(1, most) }, (_, index) =>
        Object.fromEntries(
          type.elements.map(({ name = '' }, at) => [name, columns[at]?.[index % (columns[at]?.length ?? 1)]]),
        ),
      );
    }
    case 'Sum':
      return type.variants.flatMap(({ name, type: payload }) =>
        isUnit(payload) ? [{ tag: name }] : valuesOf(payload).map((value) => ({ tag: name, value })),
      );
    case 'Array':
      return [type.element.tag === 'U8' ? Uint8Array.of(201, 202) : [...valuesOf(type.element)]];
    default:
      return samplesOf(type);
  }
}

function wrapped(some: AlgebraicType, value: unknown): unknown {
  return specialTypeOf(some)?.kind === 'option' ? { some: value } : value;
}

/** What no other type of the same size reads as the same. */
function samplesOf(type: AlgebraicType): readonly unknown[] {
  const pattern = Uint8Array.from({ length: 64 }, (_, index) => 200 + index);
  switch (type.tag) {
    case 'Bool':
      return [true, false];
    case 'String':
      return ['x', 'text'];
    default:
      return [codecOf(type).read(new BsatnReader(pattern, 'a pattern'))];
  }
}

const options = { depth: null, maxArrayLength: null };

/** What becomes of a value that is written as one type and read as another. */
function outcomeOf(value: unknown, actual: AlgebraicType, expected: AlgebraicType): 'same' | 'refused' | 'other' {
  const bytes = encode(codecOf(actual), value);
  try {
    // As text: fields that change places are another type, even where one of them takes no bytes.
    const [read, written] = [decode(codecOf(expected), bytes, 'a value'), value].map((each) => inspect(each, options));
    return read === written ? 'same' : 'other';
  } catch {
    return 'refused';
  }
}

const changes = fc.array(fc.record({ at: fc.array(fc.nat(3), { maxLength: 3 }), how: fc.nat(30) }), { maxLength: 3 });

test('a type fits another when all its values, or those it knows, are read as what they are', () => {
  const kinds = new Map<TypeFit, number>();
  fc.assert(
    fc.property(anyType, changes, fc.boolean(), (type, all, isBack) => {
      const other = all.reduce((before, { at, how }) => changed(before, at, how), type);
      const [actual, expected] = isBack ? [other, type] : [type, other];
      const texts = new TypeTexts([]);
      const fit = typeFit(texts.of(actual), texts.of(expected));
      kinds.set(fit, (kinds.get(fit) ?? 0) + 1);
      const outcomes = new Set(valuesOf(actual).map((value) => outcomeOf(value, actual, expected)));
      if (fit === 'same' || fit === 'fewer') expect([...outcomes]).toEqual(['same']);
      if (fit === 'more' || fit === 'mixed') expect(outcomes).not.toContain('other');
      if (fit === 'more') expect(outcomes).toContain('refused');
      if (fit === 'other') expect(outcomes.has('refused') || outcomes.has('other')).toBe(true);
    }),
    propertyOptions(2000),
  );
  const runs = [...kinds.values()].reduce((sum, count) => sum + count, 0);
  const met = runs < 2000 ? [] : ['same', 'fewer', 'more', 'other'];
  expect([...kinds.keys()]).toEqual(expect.arrayContaining(met));
});

test('a sum that has changed in two ways, and one that was nothing, do not fit', () => {
  expect(typeFit('{ a: (x | y | z), b: (x) }', '{ a: (x | y), b: (x | y) }')).toBe('mixed');
  expect(typeFit('{ a: (x | y | z), b: U8 }', '{ a: (x | y), b: I8 }')).toBe('other');
  expect(typeFit('{ a: (x) }', '{ a: () }')).toBe('other');
});
