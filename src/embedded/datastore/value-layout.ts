import { type AlgebraicType, fixedSizeOf, type PrimitiveTag, type Typespace } from '../../bsatn/algebraic-type.ts';
import { type Cursor, DecodeError } from './cursor.ts';

/** How the values of one type lie in BSATN. */
export interface ValueLayout {
  /** The size in bytes that every value has, or `undefined` where it varies. */
  readonly fixedSize: number | undefined;
  /** Moves past one value and checks it. Throws a {@link DecodeError}. */
  readonly check: (cursor: Cursor) => void;
  /** Moves past one value that is known to be good. */
  readonly skip: (cursor: Cursor) => void;
  /**
   * Reads one good value as a string of characters up to U+0100. Such strings compare as the values do, and none is the beginning of another one, so
   * that those of several columns can be joined.
   */
  readonly orderKey: (cursor: Cursor) => string;
}

/** Makes the layouts of the types of one typespace. */
export class LayoutFactory {
  readonly #typespace: Typespace;
  readonly #byRef = new Map<number, ValueLayout>();
  readonly #resolved = new Map<number, ValueLayout>();

  constructor(typespace: Typespace) {
    this.#typespace = typespace;
  }

  /** Throws a `RangeError` for a ref outside the typespace. */
  layoutOf(type: AlgebraicType): ValueLayout {
    switch (type.tag) {
      case 'Ref':
        return this.#ofRef(type.ref);
      case 'Product':
        return this.#product(
          type.elements.map((element) => this.layoutOf(element.type)),
          fixedSizeOf(type, this.#typespace),
        );
      case 'Sum':
        return this.#sum(
          type.variants.map((variant) => this.layoutOf(variant.type)),
          fixedSizeOf(type, this.#typespace),
        );
      case 'Array':
        return type.element.tag === 'U8' ? bytesLayout : arrayLayout(this.layoutOf(type.element));
      default:
        return primitiveLayouts[type.tag];
    }
  }

  /** Types may contain themselves, so what is under construction is reached through an indirection. */
  #ofRef(ref: number): ValueLayout {
    const known = this.#byRef.get(ref);
    if (known !== undefined) return known;
    const type = this.#typespace[ref];
    if (type === undefined) throw new RangeError(`type reference ${ref} is outside the typespace`);
    const resolved = (): ValueLayout => {
      const target = this.#resolved.get(ref);
      if (target === undefined) throw new RangeError(`type reference ${ref} leads back to itself`);
      return target;
    };
    this.#byRef.set(ref, {
      fixedSize: fixedSizeOf(type, this.#typespace),
      check: (cursor) => resolved().check(cursor),
      skip: (cursor) => resolved().skip(cursor),
      orderKey: (cursor) => resolved().orderKey(cursor),
    });
    const target = this.layoutOf(type);
    this.#resolved.set(ref, target);
    this.#byRef.set(ref, target);
    return target;
  }

  #product(elements: readonly ValueLayout[], fixedSize: number | undefined): ValueLayout {
    return {
      fixedSize,
      check: (cursor) => {
        for (const element of elements) element.check(cursor);
      },
      skip: skipOf(fixedSize, (cursor) => {
        for (const element of elements) element.skip(cursor);
      }),
      orderKey: (cursor) => elements.map((element) => element.orderKey(cursor)).join(''),
    };
  }

  #sum(variants: readonly ValueLayout[], fixedSize: number | undefined): ValueLayout {
    const variantAt = (cursor: Cursor): ValueLayout => {
      const tag = cursor.u8();
      const variant = variants[tag];
      if (variant === undefined) throw new DecodeError(`unknown tag 0x${tag.toString(16)} for sum type <unknown>`);
      return variant;
    };
    return {
      fixedSize,
      check: (cursor) => variantAt(cursor).check(cursor),
      skip: skipOf(fixedSize, (cursor) => variantAt(cursor).skip(cursor)),
      orderKey: (cursor) => {
        const tag = String.fromCharCode(cursor.bytes[cursor.offset] ?? 0);
        return tag + variantAt(cursor).orderKey(cursor);
      },
    };
  }
}

function skipOf(fixedSize: number | undefined, walk: (cursor: Cursor) => void): (cursor: Cursor) => void {
  if (fixedSize === undefined) return walk;
  return (cursor) => {
    cursor.offset += fixedSize;
  };
}

function arrayLayout(element: ValueLayout): ValueLayout {
  const each = (cursor: Cursor, visit: (cursor: Cursor) => void): void => {
    const count = cursor.u32();
    // Elements without bytes have nothing to look at, and their count may be anything.
    if (element.fixedSize === 0) return;
    for (let index = 0; index < count; index++) visit(cursor);
  };
  return {
    fixedSize: undefined,
    check: (cursor) => each(cursor, element.check),
    skip: (cursor) => each(cursor, element.skip),
    orderKey: (cursor) => {
      let key = '';
      each(cursor, () => {
        key += `\u0001${element.orderKey(cursor)}`;
      });
      return `${key}\0`;
    },
  };
}

/** The bytes of a string or an `Array<U8>`, each one character higher so that U+0000 can end them. */
function bytesOrderKey(cursor: Cursor): string {
  const length = cursor.u32();
  let key = '';
  const end = cursor.offset + length;
  for (; cursor.offset < end; cursor.offset++) key += String.fromCharCode((cursor.bytes[cursor.offset] ?? 0) + 1);
  return `${key}\0`;
}

function skipBytes(cursor: Cursor): void {
  cursor.take(cursor.u32(), '[u8]');
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const bytesLayout: ValueLayout = {
  fixedSize: undefined,
  check: skipBytes,
  skip: skipBytes,
  orderKey: bytesOrderKey,
};

const stringLayout: ValueLayout = { ...bytesLayout, check: checkString };

function checkString(cursor: Cursor): void {
  const length = cursor.u32();
  const start = cursor.take(length, '[u8]');
  for (let index = start; index < start + length; index++) {
    if ((cursor.bytes[index] ?? 0) < 0x80) continue;
    checkUtf8(cursor.bytes.subarray(start, start + length));
    return;
  }
}

function checkUtf8(bytes: Uint8Array): void {
  try {
    strictUtf8.decode(bytes);
  } catch {
    throw new DecodeError('invalid utf8');
  }
}

const boolLayout: ValueLayout = {
  fixedSize: 1,
  check: (cursor) => {
    const byte = cursor.u8();
    if (byte > 1) throw new DecodeError(`byte ${byte} not valid as \`bool\` (must be 0 or 1)`);
  },
  skip: skipOf(1, () => undefined),
  orderKey: (cursor) => String.fromCharCode(cursor.u8()),
};

/** Integers compare as their bytes from the most significant one, once the sign bit of signed ones is turned round. */
function intLayout(size: number, name: string, isSigned: boolean): ValueLayout {
  const flip = isSigned ? 0x80 : 0;
  return {
    fixedSize: size,
    check: (cursor) => void cursor.take(size, name),
    skip: skipOf(size, () => undefined),
    orderKey: (cursor) => {
      const { bytes } = cursor;
      const start = cursor.take(size, name);
      let key = String.fromCharCode((bytes[start + size - 1] ?? 0) ^ flip);
      for (let index = start + size - 2; index >= start; index--) key += String.fromCharCode(bytes[index] ?? 0);
      return key;
    },
  };
}

/** Floats are in a total order: both zeros are one value, NaN is greater than all others. */
function floatLayout(size: 4 | 8): ValueLayout {
  const name = size === 4 ? 'f32' : 'f64';
  const scratch = new DataView(new ArrayBuffer(8));
  return {
    fixedSize: size,
    check: (cursor) => void cursor.take(size, name),
    skip: skipOf(size, () => undefined),
    orderKey: (cursor) => {
      const start = cursor.take(size, name);
      for (let index = 0; index < size; index++) scratch.setUint8(index, cursor.bytes[start + index] ?? 0);
      const value = size === 4 ? scratch.getFloat32(0, true) : scratch.getFloat64(0, true);
      scratch.setFloat64(0, value === 0 ? 0 : value);
      if (Number.isNaN(value)) scratch.setFloat64(0, Number.NaN);
      const isNegative = value < 0;
      let key = '';
      for (let index = 0; index < 8; index++) {
        const byte = scratch.getUint8(index);
        const flip = isNegative ? 0xff : index === 0 ? 0x80 : 0;
        key += String.fromCharCode(byte ^ flip);
      }
      return key;
    },
  };
}

const primitiveLayouts: Readonly<Record<PrimitiveTag, ValueLayout>> = {
  Bool: boolLayout,
  U8: intLayout(1, 'u8', false),
  I8: intLayout(1, 'i8', true),
  U16: intLayout(2, 'u16', false),
  I16: intLayout(2, 'i16', true),
  U32: intLayout(4, 'u32', false),
  I32: intLayout(4, 'i32', true),
  U64: intLayout(8, 'u64', false),
  I64: intLayout(8, 'i64', true),
  U128: intLayout(16, 'u128', false),
  I128: intLayout(16, 'i128', true),
  U256: intLayout(32, 'u256', false),
  I256: intLayout(32, 'i256', true),
  F32: floatLayout(4),
  F64: floatLayout(8),
  String: stringLayout,
};
