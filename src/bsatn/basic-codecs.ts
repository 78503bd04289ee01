import { type Codec, skipValue } from './codec.ts';

/** `Bool`: one byte, 0 or 1. */
export const boolCodec: Codec<boolean> = { read: (r) => r.bool(), write: (w, v) => w.bool(v), minSize: 1 };
/** `U8`: 1 byte. */
export const u8Codec: Codec<number> = { read: (r) => r.u8(), write: (w, v) => w.u8(v), minSize: 1, fixedSize: 1 };
/** `I8`: 1 byte. */
export const i8Codec: Codec<number> = { read: (r) => r.i8(), write: (w, v) => w.i8(v), minSize: 1, fixedSize: 1 };
/** `U16`: 2 bytes. */
export const u16Codec: Codec<number> = { read: (r) => r.u16(), write: (w, v) => w.u16(v), minSize: 2, fixedSize: 2 };
/** `I16`: 2 bytes. */
export const i16Codec: Codec<number> = { read: (r) => r.i16(), write: (w, v) => w.i16(v), minSize: 2, fixedSize: 2 };
/** `U32`: 4 bytes. */
export const u32Codec: Codec<number> = { read: (r) => r.u32(), write: (w, v) => w.u32(v), minSize: 4, fixedSize: 4 };
/** `I32`: 4 bytes. */
export const i32Codec: Codec<number> = { read: (r) => r.i32(), write: (w, v) => w.i32(v), minSize: 4, fixedSize: 4 };
/** `U64`: 8 bytes. */
export const u64Codec: Codec<bigint> = { read: (r) => r.u64(), write: (w, v) => w.u64(v), minSize: 8, fixedSize: 8 };
/** `I64`: 8 bytes. */
export const i64Codec: Codec<bigint> = { read: (r) => r.i64(), write: (w, v) => w.i64(v), minSize: 8, fixedSize: 8 };
/** `U128`: 16 bytes. */
export const u128Codec: Codec<bigint> = {
  read: (r) => r.u128(),
  write: (w, v) => w.u128(v),
  minSize: 16,
  fixedSize: 16,
};
/** `I128`: 16 bytes. */
export const i128Codec: Codec<bigint> = {
  read: (r) => r.i128(),
  write: (w, v) => w.i128(v),
  minSize: 16,
  fixedSize: 16,
};
/** `U256`: 32 bytes. */
export const u256Codec: Codec<bigint> = {
  read: (r) => r.u256(),
  write: (w, v) => w.u256(v),
  minSize: 32,
  fixedSize: 32,
};
/** `I256`: 32 bytes. */
export const i256Codec: Codec<bigint> = {
  read: (r) => r.i256(),
  write: (w, v) => w.i256(v),
  minSize: 32,
  fixedSize: 32,
};
/** `F32`: 4 bytes. */
export const f32Codec: Codec<number> = { read: (r) => r.f32(), write: (w, v) => w.f32(v), minSize: 4, fixedSize: 4 };
/** `F64`: 8 bytes. */
export const f64Codec: Codec<number> = { read: (r) => r.f64(), write: (w, v) => w.f64(v), minSize: 8, fixedSize: 8 };
/** `String`: a length and UTF-8. */
export const stringCodec: Codec<string> = {
  read: (r) => r.string(),
  write: (w, v) => w.string(v),
  minSize: 4,
  skip: (r) => r.skipString(),
};
/** `Array<U8>`: a length and the bytes, which reading copies. */
export const bytesCodec: Codec<Uint8Array> = {
  read: (r) => r.byteArray(),
  write: (w, v) => w.byteArray(v),
  minSize: 4,
  skip: (r) => r.skipByteArray(),
};

/** The value of the product without elements. */
export type Unit = Readonly<Record<never, never>>;

/** The product without elements, which takes no bytes. */
export const unitCodec: Codec<Unit> = { read: () => ({}), write: () => undefined, minSize: 0 };

/** The sum `ok(T)`, `err(E)`. */
export type Result<T, E> = { readonly ok: T } | { readonly err: E };

/** `Array<T>`: a count and the elements. */
export function arrayOf<T>(element: Codec<T>): Codec<readonly T[]> {
  return {
    read: (reader) => {
      const count = reader.count('array', element.minSize);
      const items: T[] = [];
      for (let index = 0; index < count; index++) items.push(element.read(reader));
      return items;
    },
    write: (writer, items) => {
      writer.count(items);
      for (const item of items) element.write(writer, item);
    },
    minSize: 4,
    skip: (reader) => {
      const count = reader.count('array', element.minSize);
      if (element.fixedSize !== undefined) reader.skip(count * element.fixedSize);
      else for (let index = 0; index < count; index++) skipValue(element, reader);
    },
  };
}

/** The sum `some(T)`, `none`, as `T | undefined`; the encoder takes `null` for none too. Not for a `T` that has `undefined` itself. */
export function optionOf<T>(some: Codec<T>): Codec<T | undefined> {
  return {
    read: (reader) => (reader.optionTag() ? some.read(reader) : undefined),
    write: (writer, value: T | undefined | null) => {
      if (writer.optionTag(value)) some.write(writer, value);
    },
    minSize: 1,
    skip: (reader) => {
      if (reader.optionTag()) skipValue(some, reader);
    },
  };
}

/** The sum `some(T)`, `none`, as `T | null`; the encoder takes `undefined` for none too. */
export function nullableOf<T>(some: Codec<T>): Codec<T | null> {
  return {
    read: (reader) => (reader.optionTag() ? some.read(reader) : null),
    write: (writer, value: T | undefined | null) => {
      if (writer.optionTag(value)) some.write(writer, value);
    },
    minSize: 1,
    skip: (reader) => {
      if (reader.optionTag()) skipValue(some, reader);
    },
  };
}

/** An option directly inside an option: `{some: T} | null`. */
export function nestedNullableOf<T>(some: Codec<T>): Codec<{ readonly some: T } | null> {
  return {
    read: (reader) => (reader.optionTag() ? { some: some.read(reader) } : null),
    write: (writer, value: { readonly some: T } | undefined | null) => {
      if (writer.optionTag(value)) some.write(writer, value.some);
    },
    minSize: 1,
    skip: (reader) => {
      if (reader.optionTag()) skipValue(some, reader);
    },
  };
}

/** An option directly inside an option: `{some: T} | undefined`, so that `none` and `some(none)` stay apart. */
export function nestedOptionOf<T>(some: Codec<T>): Codec<{ readonly some: T } | undefined> {
  return {
    read: (reader) => (reader.optionTag() ? { some: some.read(reader) } : undefined),
    write: (writer, value: { readonly some: T } | undefined | null) => {
      if (writer.optionTag(value)) some.write(writer, value.some);
    },
    minSize: 1,
    skip: (reader) => {
      if (reader.optionTag()) skipValue(some, reader);
    },
  };
}

/** The sum `ok(T)`, `err(E)`, as `{ok} | {err}`. */
export function resultOf<T, E>(ok: Codec<T>, err: Codec<E>): Codec<Result<T, E>> {
  return {
    read: (reader) => (reader.resultTag() ? { ok: ok.read(reader) } : { err: err.read(reader) }),
    write: (writer, value) => {
      if ('ok' in value) {
        writer.u8(0);
        ok.write(writer, value.ok);
      } else {
        writer.u8(1);
        err.write(writer, value.err);
      }
    },
    minSize: 1 + Math.min(ok.minSize, err.minSize),
    skip: (reader) => {
      if (reader.resultTag()) skipValue(ok, reader);
      else skipValue(err, reader);
    },
  };
}
