import * as fc from 'fast-check';
import {
  type AlgebraicType,
  type NamedType,
  type PrimitiveTag,
  type Typespace,
} from '../../src/bsatn/algebraic-type.ts';
import { ConnectionId } from '../../src/bsatn/special/connection-id.ts';
import { Identity } from '../../src/bsatn/special/identity.ts';
import { ScheduleAt } from '../../src/bsatn/special/schedule-at.ts';
import { TimeDuration } from '../../src/bsatn/special/time-duration.ts';
import { Timestamp } from '../../src/bsatn/special/timestamp.ts';
import { Uuid } from '../../src/bsatn/special/uuid.ts';
import { arrayType, optionType, product, ref, sum, unitType } from './types.ts';

/** A type together with values of it, as a composed codec shapes them. Both come from one description, so neither is derived from the code under test. */
export interface Sample {
  readonly type: AlgebraicType;
  readonly value: fc.Arbitrary<unknown>;
  /** Whether the values are `T | undefined`: then an option of this one needs `{some}`. */
  readonly isOption: boolean;
}

const bits = (width: bigint): fc.Arbitrary<bigint> => fc.bigInt({ min: 0n, max: 2n ** width - 1n });
const signedBits = (width: bigint): fc.Arbitrary<bigint> =>
  fc.bigInt({ min: -(2n ** (width - 1n)), max: 2n ** (width - 1n) - 1n });
const whole = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });

/** Any text without lone surrogates. */
const text: fc.Arbitrary<string> = fc.string({ unit: 'binary', maxLength: 40 });

/** Values of every primitive, with its limits among them. */
export const primitiveValues: Readonly<Record<PrimitiveTag, fc.Arbitrary<unknown>>> = {
  String: text,
  Bool: fc.boolean(),
  I8: whole(-128, 127),
  U8: whole(0, 255),
  I16: whole(-32_768, 32_767),
  U16: whole(0, 65_535),
  I32: whole(-(2 ** 31), 2 ** 31 - 1),
  U32: whole(0, 2 ** 32 - 1),
  I64: signedBits(64n),
  U64: bits(64n),
  I128: signedBits(128n),
  U128: bits(128n),
  I256: signedBits(256n),
  U256: bits(256n),
  F32: fc.float(),
  F64: fc.double(),
};

const i64: AlgebraicType = { tag: 'I64' };
const timestampType = product({ __timestamp_micros_since_unix_epoch__: i64 });
const durationType = product({ __time_duration_micros__: i64 });
const timestamp = signedBits(64n).map((micros) => new Timestamp(micros));
const duration = signedBits(64n).map((micros) => new TimeDuration(micros));

const leaf = (type: AlgebraicType, value: fc.Arbitrary<unknown>): Sample => ({ type, value, isOption: false });

const leaves: readonly Sample[] = [
  ...Object.keys(primitiveValues)
    .filter(isPrimitiveTag)
    .map((tag) => leaf({ tag }, primitiveValues[tag])),
  leaf(arrayType({ tag: 'U8' }), fc.uint8Array({ maxLength: 20 })),
  leaf(unitType, fc.constant({})),
  leaf(
    product({ __identity__: { tag: 'U256' } }),
    bits(256n).map((value) => new Identity(value)),
  ),
  leaf(
    product({ __connection_id__: { tag: 'U128' } }),
    bits(128n).map((value) => new ConnectionId(value)),
  ),
  leaf(
    product({ __uuid__: { tag: 'U128' } }),
    bits(128n).map((value) => new Uuid(value)),
  ),
  leaf(timestampType, timestamp),
  leaf(durationType, duration),
  leaf(
    sum({ Interval: durationType, Time: timestampType }),
    fc.oneof(duration.map(ScheduleAt.interval), timestamp.map(ScheduleAt.time)),
  ),
];

/** Names that a schema may have, those that JavaScript gives a meaning among them. */
const names = (length: number): fc.Arbitrary<string[]> =>
  fc.uniqueArray(
    fc.constantFrom('id', 'name', 'tag', 'value', 'x', '__proto__', 'constructor', 'toString', 'then', '0'),
    {
      minLength: length,
      maxLength: length,
    },
  );

const namedTypes = (keys: readonly string[], parts: readonly Sample[]): NamedType[] =>
  parts.map((part, index) => ({ name: keys[index], type: part.type }));

function productOf(keys: readonly string[], parts: readonly Sample[]): Sample {
  if (parts.length === 0) return leaf(unitType, fc.constant({}));
  const value = fc
    .tuple(...parts.map((part) => part.value))
    .map((values) => Object.fromEntries(values.map((item, index) => [keys[index], item])));
  return leaf({ tag: 'Product', elements: namedTypes(keys, parts) }, value);
}

function sumOf(keys: readonly string[], parts: readonly Sample[]): Sample {
  const values = parts.map((part, index) => {
    const tag = keys[index];
    return part.type === unitType ? fc.constant({ tag }) : part.value.map((value) => ({ tag, value }));
  });
  return leaf({ tag: 'Sum', variants: namedTypes(keys, parts) }, fc.oneof(...values));
}

function optionOf(some: Sample): Sample {
  const value = some.isOption ? some.value.map((inner) => ({ some: inner })) : some.value;
  return { type: optionType(some.type), value: fc.oneof(fc.constant(undefined), value), isOption: true };
}

function resultOf(ok: Sample, err: Sample): Sample {
  const value = fc.oneof(
    ok.value.map((inner) => ({ ok: inner })),
    err.value.map((inner) => ({ err: inner })),
  );
  return leaf(sum({ ok: ok.type, err: err.type }), value);
}

function arrayOf(element: Sample): Sample {
  const isBytes = element.type.tag === 'U8';
  const value = isBytes ? fc.uint8Array({ maxLength: 5 }) : fc.array(element.value, { maxLength: 5 });
  return leaf(arrayType(element.type), value);
}

const partsOf = (part: fc.Arbitrary<Sample>, least: number): fc.Arbitrary<[string[], Sample[]]> =>
  fc
    .array(part, { minLength: least, maxLength: 4 })
    .chain((parts) => fc.tuple(names(parts.length), fc.constant(parts)));

function composite(part: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> {
  return fc.oneof(
    part.map(arrayOf),
    part.map(optionOf),
    fc.tuple(part, part).map(([ok, err]) => resultOf(ok, err)),
    partsOf(part, 0).map(([keys, parts]) => productOf(keys, parts)),
    partsOf(part, 1).map(([keys, parts]) => sumOf(keys, parts)),
  );
}

/** Types of every kind, up to three deep, with their values. */
export const samples: fc.Arbitrary<Sample> = fc.letrec<{ sample: Sample }>((tie) => ({
  sample: fc.oneof({ maxDepth: 3, depthSize: 'small' }, fc.constantFrom(...leaves), composite(tie('sample'))),
})).sample;

/** A type that is split into a typespace at random places: the same values, but some parts are reached through refs. */
export interface SplitSample {
  readonly type: AlgebraicType;
  readonly typespace: Typespace;
  readonly value: unknown;
}

/** As {@link samples}, with parts moved into a typespace. */
export const splitSamples: fc.Arbitrary<SplitSample> = samples.chain((sample) =>
  fc.record({ value: sample.value, choices: fc.infiniteStream(fc.boolean()) }).map(({ value, choices }) => {
    const typespace: AlgebraicType[] = [];
    const split = (type: AlgebraicType): AlgebraicType => {
      const whole = splitParts(type, split);
      // Bytes and the payload-free variant are known by their inner type, which schemas never put behind a ref.
      if (type.tag === 'U8' || choices.next().value !== true) return whole;
      typespace.push(whole);
      return ref(typespace.length - 1);
    };
    return { type: split(sample.type), typespace, value };
  }),
);

function splitParts(type: AlgebraicType, split: (type: AlgebraicType) => AlgebraicType): AlgebraicType {
  switch (type.tag) {
    case 'Product':
      return isSpecialField(type.elements[0]?.name)
        ? type
        : { ...type, elements: type.elements.map((element) => ({ ...element, type: split(element.type) })) };
    case 'Sum':
      return type.variants[0]?.name === 'Interval'
        ? type
        : { ...type, variants: type.variants.map((variant) => ({ ...variant, type: splitVariant(variant, split) })) };
    case 'Array':
      return { ...type, element: split(type.element) };
    default:
      return type;
  }
}

function splitVariant({ name, type }: NamedType, split: (type: AlgebraicType) => AlgebraicType): AlgebraicType {
  return name === 'none' ? type : split(type);
}

function isSpecialField(name: string | undefined): boolean {
  return name !== undefined && name !== '__proto__' && name.startsWith('__');
}

function isPrimitiveTag(tag: string): tag is PrimitiveTag {
  return Object.hasOwn(primitiveValues, tag);
}
