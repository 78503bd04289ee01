import { type AlgebraicType, resolveRef, specialTypeOf, type Typespace } from '../../../src/bsatn/algebraic-type.ts';
import { BsatnReader } from '../../../src/bsatn/reader.ts';

/** Where in the BSATN of a value something stands that differs from one run to the next. */
export interface SpecialSpan {
  readonly kind: 'identity' | 'connectionId' | 'timestamp';
  /** Byte offsets; `end` is behind the last byte. */
  readonly start: number;
  readonly end: number;
}

/** The identities, connection ids and timestamps in the BSATN of one value. Throws when the bytes are no such value, or go on behind it. */
export function specialSpansOf(bytes: Uint8Array, type: AlgebraicType, typespace: Typespace): readonly SpecialSpan[] {
  const reader = new BsatnReader(bytes, 'a value');
  const spans: SpecialSpan[] = [];
  const walk = (unresolved: AlgebraicType): void => {
    const type = resolveRef(unresolved, typespace);
    const kind = specialTypeOf(type)?.kind;
    if (kind === 'identity' || kind === 'connectionId' || kind === 'timestamp') {
      const start = reader.offset;
      skipPrimitive(reader, kind === 'identity' ? 'U256' : kind === 'connectionId' ? 'U128' : 'I64');
      spans.push({ kind, start, end: reader.offset });
      return;
    }
    switch (type.tag) {
      case 'Product':
        for (const element of type.elements) walk(element.type);
        return;
      case 'Sum': {
        const variant = type.variants[reader.u8()];
        if (variant === undefined) reader.unknownTag('sum');
        else walk(variant.type);
        return;
      }
      case 'Array':
        for (let left = reader.u32(); left > 0; left--) walk(type.element);
        return;
      default:
        skipPrimitive(reader, type.tag);
    }
  };
  walk(type);
  reader.finish('the value');
  return spans;
}

type Primitive = Exclude<AlgebraicType['tag'], 'Ref' | 'Sum' | 'Product' | 'Array'>;

function skipPrimitive(reader: BsatnReader, tag: Primitive): void {
  switch (tag) {
    case 'String':
      reader.string();
      return;
    case 'Bool':
      reader.bool();
      return;
    default: {
      // `U8`, `I128`, `F32`: the number behind the letter counts bits.
      for (let left = Number(tag.slice(1)) / 8; left > 0; left--) reader.u8();
    }
  }
}
