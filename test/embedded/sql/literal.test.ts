import { describe, expect, test } from 'vitest';
import { parseLiteral } from '../../../src/embedded/sql/literal.ts';
import { type ValueKind } from '../../../src/embedded/sql/value-type.ts';
import { errorOf } from './support.ts';

const parse = (raw: string, kind: ValueKind): unknown => parseLiteral({ kind: 'string', raw }, { kind, name: 'T' });

const identity = 'c200640912d136e1cf4afa6647d476d54b805f61749e5ba81cbe95d5868d9c5a';
const micros = (iso: string, more = 0n): bigint => BigInt(Date.parse(iso)) * 1000n + more;

describe('a literal of a type is the value of its text', () => {
  test.each<[ValueKind, string, unknown]>([
    ['U8', '255', 255],
    ['U8', '+5', 5],
    ['U8', '-0', 0],
    ['U8', '2.55e2', 255],
    ['U8', '25500e-2', 255],
    ['U8', '1.', 1],
    ['U8', '.0', 0],
    ['U8', '1_0', 10],
    ['I8', '-128', -128],
    ['U32', '1e3', 1000],
    ['U32', '10', 10],
    ['I64', '-9223372036854775808', -(2n ** 63n)],
    ['U64', '1.8446744073709551615e19', 2n ** 64n - 1n],
    ['I128', '-1.5e30', -15n * 10n ** 29n],
    ['U256', '115792089237316195423570985008687907853269984665640564039457584007913129639935', 2n ** 256n - 1n],
    ['U256', '0e99999999999', 0n],
    ['F32', '0.1', Math.fround(0.1)],
    ['F32', '1e39', Number.POSITIVE_INFINITY],
    ['F64', '-1.5e-3', -0.0015],
    ['F64', '1e400', Number.POSITIVE_INFINITY],
    ['string', 'FF', 'FF'],
    ['bytes', 'dEad', '\u00de\u00ad'],
    ['bytes', '0xdead', '\u00de\u00ad'],
    ['bytes', '', ''],
    ['bytes', '12', '\u0012'],
    ['identity', identity, BigInt(`0x${identity}`)],
    ['identity', `0x${identity}`, BigInt(`0x${identity}`)],
    ['connectionId', '00000000000000000000000000000005', 5n],
    ['uuid', '01888d6e-5c00-7000-8000-00000000000A', 0x01888d6e5c007000800000000000000an],
    ['uuid', '01888d6e5c007000800000000000000a', 0x01888d6e5c007000800000000000000an],
    ['uuid', '{01888d6e-5c00-7000-8000-00000000000a}', 0x01888d6e5c007000800000000000000an],
    ['uuid', 'urn:uuid:01888d6e-5c00-7000-8000-00000000000a', 0x01888d6e5c007000800000000000000an],
    ['timestamp', '2025-02-10T15:45:30Z', micros('2025-02-10T15:45:30Z')],
    ['timestamp', '2025-02-10 15:45:30.123456789z', micros('2025-02-10T15:45:30Z', 123_456n)],
    ['timestamp', '2025-02-10t15:45:30.5+02:30', micros('2025-02-10T13:15:30Z', 500_000n)],
    ['timestamp', '2025-02-10T15:45:30-01:00', micros('2025-02-10T16:45:30Z')],
    ['timestamp', '2024-02-29T23:59:60Z', micros('2024-03-01T00:00:00Z')],
    ['timestamp', '1969-12-31T23:59:59.999999Z', -1n],
    ['timestamp', '0001-01-01T00:00:00Z', -62_135_596_800_000_000n],
  ])('%s %s', (kind, raw, value) => {
    expect(parse(raw, kind)).toBe(value);
  });
});

describe('a text that is no value of the type is refused', () => {
  test.each<[ValueKind, string]>([
    ['U8', '256'],
    ['U8', '-1'],
    ['U8', '1.5'],
    ['U8', '2555e-1'],
    ['U8', ''],
    ['U8', ' 1'],
    ['U8', '.'],
    ['U8', '1e'],
    ['U8', '_1'],
    ['U8', 'FF'],
    ['I8', '-129'],
    ['I64', '1e400000'],
    ['I64', '1e99999999999'],
    ['I64', '1e-99999999999'],
    ['U256', '115792089237316195423570985008687907853269984665640564039457584007913129639936'],
    ['F64', 'NaN'],
    ['F64', 'inf'],
    ['F32', ''],
    ['bytes', 'dea'],
    ['bytes', '1.2'],
    ['bytes', '0X12'],
    ['identity', identity.slice(1)],
    ['identity', `0X${identity}`],
    ['identity', '5'],
    ['connectionId', '5'],
    ['uuid', '0x01888d6e5c007000800000000000000a'],
    ['uuid', '5'],
    ['timestamp', '2025-02-10T15:45:30'],
    ['timestamp', '2025-02-10 15:45:30'],
    ['timestamp', '2025-02-30T15:45:30Z'],
    ['timestamp', '2025-02-10T24:00:00Z'],
    ['timestamp', '2025-02-10T15:60:00Z'],
    ['timestamp', '2025-02-10T15:45:61Z'],
    ['timestamp', '2025-02-10T15:45:30+24:00'],
    ['timestamp', '2025-02-10T15:45:30.Z'],
    ['timestamp', '2025-00-10T15:45:30Z'],
    ['timestamp', '5'],
    ['bool', 'true'],
    ['bool', '1'],
    ['other', '1'],
  ])('%s %s', (kind, raw) => {
    expect(errorOf(() => parse(raw, kind))).toBe(`The literal expression \`${raw}\` cannot be parsed as type \`T\``);
  });
});
