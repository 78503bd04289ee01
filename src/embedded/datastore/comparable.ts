import { type AlgebraicType, isUnit, resolveRef, specialTypeOf, type Typespace } from '../../bsatn/algebraic-type.ts';
import { type BsatnReader } from '../../bsatn/reader.ts';
import { BsatnWriter } from '../../bsatn/writer.ts';
import { bytesToKey } from '../../bsatn/bytes.ts';
import { type ColumnValue } from '../relation.ts';

/** How the values of a column type become those that comparisons use, and back. */
export interface Comparable {
  readonly read: (reader: BsatnReader) => ColumnValue;
  /** Throws a `RangeError` for a number outside the type. `false`: not a value of this type. */
  readonly write: (writer: BsatnWriter, value: ColumnValue) => boolean;
}

/** The comparable form of `type`, or `undefined` where its values cannot be compared. */
export function comparableOf(type: AlgebraicType, typespace: Typespace): Comparable | undefined {
  const resolved = resolveRef(type, typespace);
  switch (resolved.tag) {
    case 'Array':
      return resolveRef(resolved.element, typespace).tag === 'U8' ? byteString : undefined;
    case 'Product':
      return ofProduct(resolved);
    case 'Sum': {
      const isPlain = resolved.variants.every((variant) => isUnit(resolveRef(variant.type, typespace)));
      return isPlain ? tagOnly : undefined;
    }
    default:
      return primitives[resolved.tag];
  }
}

function ofProduct(type: AlgebraicType): Comparable | undefined {
  switch (specialTypeOf(type)?.kind) {
    case 'identity':
      return primitives.U256;
    case 'connectionId':
    case 'uuid':
      return primitives.U128;
    case 'timestamp':
    case 'timeDuration':
      return primitives.I64;
    default:
      return undefined;
  }
}

/** The BSATN of `value`, or `undefined` where it is no value of the type. */
export function bytesOfComparable(comparable: Comparable, value: ColumnValue): Uint8Array | undefined {
  const writer = new BsatnWriter();
  try {
    return comparable.write(writer, value) ? writer.finish() : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function number(
  read: (reader: BsatnReader) => number,
  write: (writer: BsatnWriter, value: number) => void,
): Comparable {
  return {
    read,
    write: (writer, value) => {
      if (typeof value !== 'number') return false;
      write(writer, value);
      return true;
    },
  };
}

function bigint(
  read: (reader: BsatnReader) => bigint,
  write: (writer: BsatnWriter, value: bigint) => void,
): Comparable {
  return {
    read,
    write: (writer, value) => {
      if (typeof value !== 'bigint') return false;
      write(writer, value);
      return true;
    },
  };
}

const byteString: Comparable = {
  read: (reader) => bytesToKey(reader.byteView()),
  write: (writer, value) => {
    if (typeof value !== 'string') return false;
    writer.byteArray(Uint8Array.from(value, (character) => character.charCodeAt(0)));
    return true;
  },
};

const tagOnly: Comparable = number(
  (reader) => reader.u8(),
  (writer, value) => writer.u8(value),
);

const primitives = {
  Bool: {
    read: (reader) => reader.bool(),
    write: (writer, value) => {
      if (typeof value !== 'boolean') return false;
      writer.bool(value);
      return true;
    },
  },
  String: {
    read: (reader) => reader.string(),
    write: (writer, value) => {
      if (typeof value !== 'string') return false;
      writer.string(value);
      return true;
    },
  },
  U8: number(
    (reader) => reader.u8(),
    (writer, value) => writer.u8(value),
  ),
  I8: number(
    (reader) => reader.i8(),
    (writer, value) => writer.i8(value),
  ),
  U16: number(
    (reader) => reader.u16(),
    (writer, value) => writer.u16(value),
  ),
  I16: number(
    (reader) => reader.i16(),
    (writer, value) => writer.i16(value),
  ),
  U32: number(
    (reader) => reader.u32(),
    (writer, value) => writer.u32(value),
  ),
  I32: number(
    (reader) => reader.i32(),
    (writer, value) => writer.i32(value),
  ),
  F32: number(
    (reader) => reader.f32(),
    (writer, value) => writer.f32(value),
  ),
  F64: number(
    (reader) => reader.f64(),
    (writer, value) => writer.f64(value),
  ),
  U64: bigint(
    (reader) => reader.u64(),
    (writer, value) => writer.u64(value),
  ),
  I64: bigint(
    (reader) => reader.i64(),
    (writer, value) => writer.i64(value),
  ),
  U128: bigint(
    (reader) => reader.u128(),
    (writer, value) => writer.u128(value),
  ),
  I128: bigint(
    (reader) => reader.i128(),
    (writer, value) => writer.i128(value),
  ),
  U256: bigint(
    (reader) => reader.u256(),
    (writer, value) => writer.u256(value),
  ),
  I256: bigint(
    (reader) => reader.i256(),
    (writer, value) => writer.i256(value),
  ),
} satisfies Readonly<Record<string, Comparable>>;
