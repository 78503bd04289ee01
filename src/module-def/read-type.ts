import { type AlgebraicType, type NamedType, type PrimitiveTag } from '../bsatn/algebraic-type.ts';
import { type Source } from './source.ts';
import { unknownType } from './unknown-types.ts';

const primitives: readonly PrimitiveTag[] = [
  'String',
  'Bool',
  'I8',
  'U8',
  'I16',
  'U16',
  'I32',
  'U32',
  'I64',
  'U64',
  'I128',
  'U128',
  'I256',
  'U256',
  'F32',
  'F64',
];

/** Reads an `AlgebraicType`. One that is unknown is left for later: it may be that nothing uses it. */
export function readType(source: Source): AlgebraicType {
  const variant = source.knownVariant(['Ref', 'Sum', 'Product', 'Array', ...primitives]);
  if ('unknown' in variant) return unknownType(variant.unknown);
  const { tag, payload } = variant;
  switch (tag) {
    case 'Ref':
      return { tag, ref: payload.u32() };
    case 'Sum':
      return { tag, variants: payload.field('variants').list(readNamedType) };
    case 'Product':
      return { tag, elements: readElements(payload) };
    case 'Array':
      return { tag, element: readType(payload) };
    default:
      return { tag };
  }
}

/** Reads the elements of a `ProductType`. */
export function readElements(source: Source): NamedType[] {
  return source.field('elements').list(readNamedType);
}

function readNamedType(source: Source): NamedType {
  const name = source.field('name').option((some) => some.string());
  return { name, type: readType(source.field('algebraic_type')) };
}
