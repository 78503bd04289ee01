/** A type of the SpacetimeDB algebraic type system. `Ref` points into a {@link Typespace}. */
export type AlgebraicType =
  | { readonly tag: 'Ref'; readonly ref: number }
  | SumType
  | ProductType
  | { readonly tag: 'Array'; readonly element: AlgebraicType }
  | { readonly tag: PrimitiveTag };

/** A tagged union; the tag on the wire is the index of the variant, one byte. */
export interface SumType {
  readonly tag: 'Sum';
  /** The variants, in the order of their tags. */
  readonly variants: readonly NamedType[];
}

/** A struct or tuple: its elements one after the other, without names or padding on the wire. */
export interface ProductType {
  readonly tag: 'Product';
  /** The elements, in their order. */
  readonly elements: readonly NamedType[];
}

/** An element of a product or a variant of a sum. Only types that the schema leaves anonymous have no name. */
export interface NamedType {
  /** The name; undefined where it has none. */
  readonly name: string | undefined;
  /** What it stands for. */
  readonly type: AlgebraicType;
}

/** The types without parts. */
export type PrimitiveTag =
  | 'String'
  | 'Bool'
  | 'I8'
  | 'U8'
  | 'I16'
  | 'U16'
  | 'I32'
  | 'U32'
  | 'I64'
  | 'U64'
  | 'I128'
  | 'U128'
  | 'I256'
  | 'U256'
  | 'F32'
  | 'F64';

/** The types that `Ref` may name, by index. */
export type Typespace = readonly AlgebraicType[];

/** The types that the protocol recognises by their shape: field names, variant names and order. */
export type SpecialType =
  | { readonly kind: 'identity' | 'connectionId' | 'timestamp' | 'timeDuration' | 'uuid' | 'scheduleAt' | 'unit' }
  | { readonly kind: 'option'; readonly some: AlgebraicType }
  | { readonly kind: 'result'; readonly ok: AlgebraicType; readonly err: AlgebraicType };

type SingleFieldKind = 'identity' | 'connectionId' | 'timestamp' | 'timeDuration' | 'uuid';

const singleFieldTypes: ReadonlyMap<string, { readonly kind: SingleFieldKind; readonly type: PrimitiveTag }> = new Map([
  ['__identity__', { kind: 'identity', type: 'U256' }],
  ['__connection_id__', { kind: 'connectionId', type: 'U128' }],
  ['__timestamp_micros_since_unix_epoch__', { kind: 'timestamp', type: 'I64' }],
  ['__time_duration_micros__', { kind: 'timeDuration', type: 'I64' }],
  ['__uuid__', { kind: 'uuid', type: 'U128' }],
]);

/** The special type whose shape `type` has, or `undefined`. Refs are not followed. */
export function specialTypeOf(type: AlgebraicType): SpecialType | undefined {
  switch (type.tag) {
    case 'Product':
      return specialProduct(type);
    case 'Sum':
      return specialSum(type);
    default:
      return undefined;
  }
}

function specialProduct({ elements }: ProductType): SpecialType | undefined {
  if (elements.length === 0) return { kind: 'unit' };
  const [field] = elements;
  if (elements.length !== 1 || field?.name === undefined) return undefined;
  const special = singleFieldTypes.get(field.name);
  return special !== undefined && special.type === field.type.tag ? { kind: special.kind } : undefined;
}

function specialSum({ variants }: SumType): SpecialType | undefined {
  const [first, second] = variants;
  if (variants.length !== 2 || first === undefined || second === undefined) return undefined;
  if (first.name === 'some' && second.name === 'none' && isUnit(second.type))
    return { kind: 'option', some: first.type };
  if (first.name === 'ok' && second.name === 'err') return { kind: 'result', ok: first.type, err: second.type };
  if (first.name === 'Interval' && second.name === 'Time') {
    const interval = specialTypeOf(first.type)?.kind;
    const time = specialTypeOf(second.type)?.kind;
    if (interval === 'timeDuration' && time === 'timestamp') return { kind: 'scheduleAt' };
  }
  return undefined;
}

/** Whether `type` is the product without elements, which takes no bytes. */
export function isUnit(type: AlgebraicType): boolean {
  return type.tag === 'Product' && type.elements.length === 0;
}

/** Follows refs until another type is reached. Throws a `RangeError` for a ref outside the typespace or a chain that ends nowhere. */
export function resolveRef(type: AlgebraicType, typespace: Typespace): Exclude<AlgebraicType, { tag: 'Ref' }> {
  let current = type;
  for (let step = 0; step <= typespace.length; step++) {
    if (current.tag !== 'Ref') return current;
    const next = typespace[current.ref];
    if (next === undefined) {
      throw new RangeError(`type reference ${current.ref} is outside the typespace of ${typespace.length} types`);
    }
    current = next;
  }
  throw new RangeError(`type references that lead back to themselves: ${JSON.stringify(type)}`);
}

/**
 * The fewest bytes that a value of `type` takes, also where types contain themselves; 0 for a type that has no finite value.
 * Throws a `RangeError` for a ref outside the typespace.
 */
export function minSizeOf(type: AlgebraicType, typespace: Typespace): number {
  const parts = new Map<number, KnownPart>();
  const leastOf = (ref: number): number => {
    const known = parts.get(ref);
    if (known === undefined) parts.set(ref, { type: targetOf(ref, typespace), least: Infinity });
    return known?.least ?? Infinity;
  };
  minSize(type, leastOf);
  // Finds the other parts on its way.
  for (const part of parts.values()) minSize(part.type, leastOf);
  // What a part is made of was found after it, mostly: from the end, one pass proves all but what leads back to itself.
  const fromEnd = [...parts.values()].reverse();
  let isSettled = false;
  while (!isSettled) {
    isSettled = true;
    for (const part of fromEnd) {
      const least = minSize(part.type, leastOf);
      if (least === part.least) continue;
      part.least = least;
      isSettled = false;
    }
  }
  const least = minSize(type, leastOf);
  return least === Infinity ? 0 : least;
}

/** A type that another one refers to. */
interface KnownPart {
  readonly type: AlgebraicType;
  /** The size of its smallest value that was found so far; infinite before there is one. */
  least: number;
}

const primitiveSizes: Readonly<Record<PrimitiveTag, number>> = {
  String: 4,
  Bool: 1,
  I8: 1,
  U8: 1,
  I16: 2,
  U16: 2,
  I32: 4,
  U32: 4,
  I64: 8,
  U64: 8,
  I128: 16,
  U128: 16,
  I256: 32,
  U256: 32,
  F32: 4,
  F64: 8,
};

function minSize(type: AlgebraicType, leastOf: (ref: number) => number): number {
  switch (type.tag) {
    case 'Ref':
      return leastOf(type.ref);
    case 'Product':
      return type.elements.reduce((sum, element) => sum + minSize(element.type, leastOf), 0);
    case 'Sum':
      if (type.variants.length === 0) return 1;
      return 1 + Math.min(...type.variants.map((variant) => minSize(variant.type, leastOf)));
    case 'Array':
      return 4;
    default:
      return primitiveSizes[type.tag];
  }
}

function targetOf(ref: number, typespace: Typespace): AlgebraicType {
  const target = typespace[ref];
  if (target === undefined) throw new RangeError(`type reference ${ref} is outside the typespace`);
  return target;
}

/**
 * The size in bytes that every value of `type` has, or `undefined` where it varies, as in a recursive type.
 * A sum has one only when all its variants agree. Throws a `RangeError` for a ref outside the typespace.
 */
export function fixedSizeOf(type: AlgebraicType, typespace: Typespace): number | undefined {
  return fixedSize(type, typespace, new Map());
}

/** `known` holds the size of every ref that was met: `undefined` while it is being worked out. */
function fixedSize(
  type: AlgebraicType,
  typespace: Typespace,
  known: Map<number, number | undefined>,
): number | undefined {
  switch (type.tag) {
    case 'Ref': {
      if (known.has(type.ref)) return known.get(type.ref);
      known.set(type.ref, undefined);
      const size = fixedSize(targetOf(type.ref, typespace), typespace, known);
      known.set(type.ref, size);
      return size;
    }
    case 'Product': {
      let total = 0;
      for (const element of type.elements) {
        const size = fixedSize(element.type, typespace, known);
        if (size === undefined) return undefined;
        total += size;
      }
      return total;
    }
    case 'Sum': {
      const sizes = type.variants.map((variant) => fixedSize(variant.type, typespace, known));
      const [first] = sizes;
      if (first === undefined || sizes.some((size) => size !== first)) return undefined;
      return 1 + first;
    }
    case 'Array':
    case 'String':
      return undefined;
    default:
      return primitiveSizes[type.tag];
  }
}
