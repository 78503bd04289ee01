import { type AlgebraicType, type NamedType, type Typespace } from '../../bsatn/algebraic-type.ts';

/** A type as the server prints it in its errors: `U32`, `Array<U8>`, `(some: String | none: ())`. */
export function typeName(type: AlgebraicType, typespace: Typespace): string {
  return print(type, typespace, new Set());
}

/** `open` holds the references being followed: a recursive one is printed as its number. */
function print(type: AlgebraicType, typespace: Typespace, open: ReadonlySet<number>): string {
  switch (type.tag) {
    case 'Ref': {
      const target = typespace[type.ref];
      if (target === undefined || open.has(type.ref)) return `&${type.ref}`;
      return print(target, typespace, new Set(open).add(type.ref));
    }
    case 'Product':
      // Elements without a name go by their number, variants by nothing.
      return `(${type.elements.map((element, index) => printNamed(element, `${index}`, typespace, open)).join(', ')})`;
    case 'Sum':
      if (type.variants.length === 0) return '(|)';
      return `(${type.variants.map((variant) => printNamed(variant, undefined, typespace, open)).join(' | ')})`;
    case 'Array':
      return `Array<${print(type.element, typespace, open)}>`;
    default:
      return type.tag;
  }
}

function printNamed(
  { name, type }: NamedType,
  number: string | undefined,
  typespace: Typespace,
  open: ReadonlySet<number>,
): string {
  const label = name ?? number;
  const printed = print(type, typespace, open);
  return label === undefined ? printed : `${label}: ${printed}`;
}
