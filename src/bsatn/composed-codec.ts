import {
  type AlgebraicType,
  minSizeOf,
  type NamedType,
  type PrimitiveTag,
  type SpecialType,
  specialTypeOf,
  type Typespace,
} from './algebraic-type.ts';
import * as basic from './basic-codecs.ts';
import { isBytes } from './bytes.ts';
import { type Codec, isStackOverflow } from './codec.ts';
import { type BsatnReader } from './reader.ts';
import { ConnectionId, connectionIdCodec } from './special/connection-id.ts';
import { Identity, identityCodec } from './special/identity.ts';
import { type ScheduleAt, scheduleAtCodec } from './special/schedule-at.ts';
import { TimeDuration, timeDurationCodec } from './special/time-duration.ts';
import { Timestamp, timestampCodec } from './special/timestamp.ts';
import { Uuid, uuidCodec } from './special/uuid.ts';
import { type BsatnWriter } from './writer.ts';

/** How the values of a composed codec are shaped. */
export interface ComposedCodecOptions {
  /** What `Ref` points into; empty by default. */
  readonly typespace?: Typespace;
  /** The property that holds an element of a product; by default its name on the wire, or its index. */
  readonly property?: (name: string) => string;
  /** The tag of a variant of a sum; by default its name on the wire, or its index. */
  readonly variantTag?: (name: string) => string;
  /** Whether the type at this index is declared by name: then its shape alone does not make it special. */
  readonly isDeclared?: (ref: number) => boolean;
}

/**
 * Composes a codec from a type that is known only at run time. The values are those of generated code: a product is an object, a sum
 * `{tag, value}` (`{tag}` without payload), an option `T | undefined`, special types their classes.
 * Throws a `RangeError` for a ref outside the typespace or a chain of refs that ends nowhere. Writing a value of another shape throws a
 * `TypeError`.
 */
export function codecOf(type: AlgebraicType, options: ComposedCodecOptions = {}): Codec<unknown> {
  return new Composer(options).compose(type);
}

class Composer {
  readonly #options: ComposedCodecOptions;
  readonly #typespace: Typespace;
  readonly #byRef = new Map<number, Codec<unknown>>();

  constructor(options: ComposedCodecOptions) {
    this.#options = options;
    this.#typespace = options.typespace ?? [];
  }

  compose(type: AlgebraicType): Codec<unknown> {
    if (type.tag === 'Ref') return this.#composeRef(type.ref);
    const special = specialTypeOf(type);
    return special === undefined ? this.#composeShape(type) : this.#composeSpecial(special);
  }

  /** While a ref is being composed, an indirection stands for it, so that types may contain themselves. */
  #composeRef(ref: number): Codec<unknown> {
    const known = this.#byRef.get(ref);
    if (known !== undefined) return known;
    const type = this.#target(ref);
    const indirect: Codec<unknown> = {
      read: (reader) => codec.read(reader),
      write: (writer, value) => codec.write(writer, value),
      minSize: minSizeOf(type, this.#typespace),
    };
    this.#byRef.set(ref, indirect);
    const codec = type.tag !== 'Ref' && this.#isDeclared(ref) ? this.#composeShape(type) : this.compose(type);
    if (codec === indirect) throw new RangeError(`type reference ${ref} leads back to itself`);
    this.#byRef.set(ref, codec);
    return codec;
  }

  #target(ref: number): AlgebraicType {
    const type = this.#typespace[ref];
    if (type === undefined) throw new RangeError(`type reference ${ref} is outside the typespace`);
    return type;
  }

  #isDeclared(ref: number): boolean {
    return this.#options.isDeclared?.(ref) ?? false;
  }

  #composeShape(type: Exclude<AlgebraicType, { tag: 'Ref' }>): Codec<unknown> {
    switch (type.tag) {
      case 'Product':
        return this.#composeProduct(type.elements);
      case 'Sum':
        return this.#composeSum(type.variants, minSizeOf(type, this.#typespace));
      case 'Array':
        return type.element.tag === 'U8'
          ? bytes
          : widen(isArray, 'an array', basic.arrayOf(this.compose(type.element)));
      default:
        return primitives[type.tag];
    }
  }

  #composeSpecial(special: SpecialType): Codec<unknown> {
    switch (special.kind) {
      case 'unit':
        return unit;
      case 'identity':
        return widen((value) => value instanceof Identity, 'Identity', identityCodec);
      case 'connectionId':
        return widen((value) => value instanceof ConnectionId, 'ConnectionId', connectionIdCodec);
      case 'timestamp':
        return widen((value) => value instanceof Timestamp, 'Timestamp', timestampCodec);
      case 'timeDuration':
        return widen((value) => value instanceof TimeDuration, 'TimeDuration', timeDurationCodec);
      case 'uuid':
        return widen((value) => value instanceof Uuid, 'Uuid', uuidCodec);
      case 'scheduleAt':
        return widen(isScheduleAt, 'ScheduleAt', scheduleAtCodec);
      case 'option':
        return this.#composeOption(special.some);
      case 'result':
        return widen(isResult, '{ok} or {err}', basic.resultOf(this.compose(special.ok), this.compose(special.err)));
    }
  }

  #composeOption(some: AlgebraicType): Codec<unknown> {
    const codec = this.compose(some);
    return this.#isOption(some)
      ? widen(isNestedOption, '{some} or undefined', basic.nestedOptionOf(codec))
      : basic.optionOf(codec);
  }

  #isOption(type: AlgebraicType): boolean {
    if (type.tag !== 'Ref') return specialTypeOf(type)?.kind === 'option';
    return !this.#isDeclared(type.ref) && this.#isOption(this.#target(type.ref));
  }

  #composeProduct(elements: readonly NamedType[]): Codec<unknown> {
    const fields = elements.map((element, index) => ({
      name: this.#property(element.name, index),
      codec: this.compose(element.type),
    }));
    return {
      // fromEntries defines the properties, so that a column named __proto__ stays a column.
      read: (reader) => Object.fromEntries(fields.map((field) => [field.name, field.codec.read(reader)])),
      write: (writer, value) => {
        for (const { name, codec } of fields) writeNamed(writer, name, codec, propertyOf(value, name));
      },
      minSize: fields.reduce((sum, field) => sum + field.codec.minSize, 0),
    };
  }

  #property(name: string | undefined, index: number): string {
    if (name === undefined) return String(index);
    return this.#options.property?.(name) ?? name;
  }

  #composeSum(variants: readonly NamedType[], minSize: number): Codec<unknown> {
    const arms = variants.map((variant, index) => this.#composeVariant(variant, index));
    const byTag = new Map(arms.map((arm) => [arm.tag, arm]));
    return {
      read: (reader) => {
        const arm = arms[reader.u8()];
        return arm === undefined ? reader.unknownTag('sum') : arm.read(reader);
      },
      write: (writer, value) => {
        const tag = propertyOf(value, 'tag');
        const arm = typeof tag === 'string' ? byTag.get(tag) : undefined;
        if (arm === undefined) {
          throw new TypeError(`expected one of the variants ${[...byTag.keys()].join(', ')}, got ${describe(tag)}`);
        }
        writer.u8(arm.index);
        arm.write(writer, value);
      },
      minSize,
    };
  }

  #composeVariant(variant: NamedType, index: number): VariantArm {
    const name = variant.name;
    const tag = name === undefined ? String(index) : (this.#options.variantTag?.(name) ?? name);
    const codec = this.compose(variant.type);
    if (codec === unit) return { tag, index, read: () => ({ tag }), write: () => undefined };
    return {
      tag,
      index,
      read: (reader) => ({ tag, value: codec.read(reader) }),
      write: (writer, value) => codec.write(writer, propertyOf(value, 'value')),
    };
  }
}

interface VariantArm {
  readonly tag: string;
  readonly index: number;
  readonly read: (reader: BsatnReader) => unknown;
  readonly write: (writer: BsatnWriter, value: unknown) => void;
}

/** Writes an element of a product; what is wrong with it is reported under its name. */
function writeNamed(writer: BsatnWriter, name: string, codec: Codec<unknown>, value: unknown): void {
  try {
    codec.write(writer, value);
  } catch (cause) {
    if (cause instanceof TypeError) throw new TypeError(`${name}: ${cause.message}`, { cause });
    if (cause instanceof RangeError && !isStackOverflow(cause))
      throw new RangeError(`${name}: ${cause.message}`, { cause });
    throw cause;
  }
}

/** Lets a codec take any value: the wrong ones get a `TypeError` instead of wrong bytes. */
function widen<T>(is: (value: unknown) => value is T, expected: string, codec: Codec<T>): Codec<unknown> {
  return {
    read: codec.read,
    write: (writer, value) => {
      if (!is(value)) throw new TypeError(`expected ${expected}, got ${describe(value)}`);
      codec.write(writer, value);
    },
    minSize: codec.minSize,
  };
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (!isObject(value)) return String(value);
  return 'constructor' in value && typeof value.constructor === 'function' ? value.constructor.name : 'an object';
}

const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
const isNumber = (value: unknown): value is number => typeof value === 'number';
const isBigint = (value: unknown): value is bigint => typeof value === 'bigint';
const isString = (value: unknown): value is string => typeof value === 'string';
const isArray = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

function isScheduleAt(value: unknown): value is ScheduleAt {
  if (!isObject(value) || !('tag' in value) || !('value' in value)) return false;
  if (value.tag === 'Interval') return value.value instanceof TimeDuration;
  return value.tag === 'Time' && value.value instanceof Timestamp;
}

function isResult(value: unknown): value is basic.Result<unknown, unknown> {
  return isObject(value) && ('ok' in value || 'err' in value);
}

function isNestedOption(value: unknown): value is { readonly some: unknown } | undefined {
  return value === undefined || value === null || (isObject(value) && 'some' in value);
}

const unit: Codec<unknown> = widen(isObject, 'an object', basic.unitCodec);
const bytes: Codec<unknown> = widen(isBytes, 'a Uint8Array', basic.bytesCodec);

const primitives: Readonly<Record<PrimitiveTag, Codec<unknown>>> = {
  Bool: widen(isBoolean, 'a boolean', basic.boolCodec),
  U8: widen(isNumber, 'a number', basic.u8Codec),
  I8: widen(isNumber, 'a number', basic.i8Codec),
  U16: widen(isNumber, 'a number', basic.u16Codec),
  I16: widen(isNumber, 'a number', basic.i16Codec),
  U32: widen(isNumber, 'a number', basic.u32Codec),
  I32: widen(isNumber, 'a number', basic.i32Codec),
  U64: widen(isBigint, 'a bigint', basic.u64Codec),
  I64: widen(isBigint, 'a bigint', basic.i64Codec),
  U128: widen(isBigint, 'a bigint', basic.u128Codec),
  I128: widen(isBigint, 'a bigint', basic.i128Codec),
  U256: widen(isBigint, 'a bigint', basic.u256Codec),
  I256: widen(isBigint, 'a bigint', basic.i256Codec),
  F32: widen(isNumber, 'a number', basic.f32Codec),
  F64: widen(isNumber, 'a number', basic.f64Codec),
  String: widen(isString, 'a string', basic.stringCodec),
};

function propertyOf(value: unknown, name: string): unknown {
  if (!isObject(value)) throw new TypeError(`expected an object with ${name}, got ${describe(value)}`);
  // What every object inherits is no column, even where a column has its name.
  return name in Object.prototype && !Object.hasOwn(value, name) ? undefined : Reflect.get(value, name);
}
