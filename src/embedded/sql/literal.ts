import { bytesToKey, fromHex } from '../../bsatn/bytes.ts';
import { type ColumnValue } from '../relation.ts';
import { type ScalarLiteral } from './scalar.ts';
import { SqlError } from './sql-error.ts';
import { type ValueKind, type ValueType } from './value-type.ts';

/** The value of type `type` that the text of a number, string or hex literal stands for. Throws an {@link SqlError} where it is none. */
export function parseLiteral({ raw }: Exclude<ScalarLiteral, { kind: 'boolean' }>, type: ValueType): ColumnValue {
  const value = valueOf(raw, type.kind);
  if (value === undefined)
    throw new SqlError(`The literal expression \`${raw}\` cannot be parsed as type \`${type.name}\``);
  return value;
}

function valueOf(raw: string, kind: ValueKind): ColumnValue {
  switch (kind) {
    case 'string':
      return raw;
    case 'F32':
    case 'F64':
      return float(raw, kind);
    case 'bytes':
      return bytes(raw);
    case 'identity':
      return hexNumber(raw, 64);
    case 'connectionId':
      return hexNumber(raw, 32);
    case 'uuid':
      return uuid(raw);
    case 'timestamp':
      return timestamp(raw);
    case 'bool':
    case 'other':
      return undefined;
    default:
      return integer(raw, kind);
  }
}

/** A decimal number with a fraction and an exponent, both optional. Digits may be grouped by underscores. */
const decimalForm = /^([+-]?)(\d[\d_]*)?(?:\.([\d_]*))?(?:[eE]([+-]?\d+))?$/;

interface Decimal {
  readonly isNegative: boolean;
  /** All digits, without leading zeros. */
  readonly digits: string;
  /** Where the point stands: the number of digits after it, or, if negative, of zeros to add. */
  readonly scale: number;
}

function decimal(raw: string): Decimal | undefined {
  const match = decimalForm.exec(raw);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match.map((part) => part?.replaceAll('_', ''));
  if (whole + fraction === '') return undefined;
  const digits = (whole + fraction).replace(/^0+/, '');
  return { isNegative: sign === '-', digits, scale: fraction.length - Number(exponent) };
}

/** More digits than any integer type has: a longer number need not be written out to know that it does not fit. */
const mostDigits = 80;

function integer(raw: string, kind: IntegerKind): number | bigint | undefined {
  const number = decimal(raw);
  if (number === undefined) return undefined;
  const whole = wholeDigits(number);
  if (whole === undefined) return undefined;
  const magnitude = BigInt(whole);
  const value = number.isNegative ? -magnitude : magnitude;
  const bits = Number(kind.slice(1));
  const wrapped = kind.startsWith('I') ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
  if (wrapped !== value) return undefined;
  return bits > 32 ? value : Number(value);
}

type IntegerKind = Extract<ValueKind, `I${number}` | `U${number}`>;

/** The digits of a number without its fraction, which has to be zero. */
function wholeDigits({ digits, scale }: Decimal): string | undefined {
  if (digits === '') return '0';
  if (scale > 0) {
    const fraction = digits.slice(-scale);
    return digits.length > scale && /^0*$/.test(fraction) ? checkedLength(digits.slice(0, -scale)) : undefined;
  }
  return digits.length - scale > mostDigits ? undefined : digits.padEnd(digits.length - scale, '0');
}

function checkedLength(digits: string): string | undefined {
  return digits.length > mostDigits ? undefined : digits;
}

function float(raw: string, kind: 'F32' | 'F64'): number | undefined {
  if (decimal(raw) === undefined) return undefined;
  const value = Number(raw.replaceAll('_', ''));
  return kind === 'F32' ? Math.fround(value) : value;
}

/** Hex digits, in the form of a column: one character per byte. */
function bytes(raw: string): string | undefined {
  const hex = raw.startsWith('0x') ? raw.slice(2) : raw;
  if (hex.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(hex)) return undefined;
  return bytesToKey(fromHex(hex));
}

function hexNumber(raw: string, digits: number): bigint | undefined {
  const hex = raw.startsWith('0x') ? raw.slice(2) : raw;
  return hex.length === digits && /^[0-9a-fA-F]+$/.test(hex) ? BigInt(`0x${hex}`) : undefined;
}

const hyphenatedUuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** 32 digits, or the hyphenated form: alone, in braces or as a URN. */
function uuid(raw: string): bigint | undefined {
  if (/^[0-9a-fA-F]{32}$/.test(raw)) return BigInt(`0x${raw}`);
  const inner = /^\{(.*)\}$/.exec(raw)?.[1] ?? /^urn:uuid:(.*)$/.exec(raw)?.[1] ?? raw;
  return hyphenatedUuid.test(inner) ? BigInt(`0x${inner.replaceAll('-', '')}`) : undefined;
}

const timestampForm = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** RFC 3339 with an offset, as microseconds since the Unix epoch; further digits of a second are cut off. */
function timestamp(raw: string): bigint | undefined {
  const match = timestampForm.exec(raw);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const [offsetHours, offsetMinutes] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  const midnight = new Date(0);
  midnight.setUTCFullYear(year, month - 1, day);
  const isDate = midnight.getUTCMonth() === month - 1 && midnight.getUTCDate() === day;
  // Second 60 is a leap second.
  if (!isDate || hour > 23 || minute > 59 || second > 60 || offsetHours > 23 || offsetMinutes > 59) return undefined;
  const offset = (offsetHours * 60 + offsetMinutes) * (match[8] === '-' ? -1 : 1);
  const seconds = midnight.getTime() / 1000 + (hour * 60 + minute - offset) * 60 + second;
  return BigInt(seconds) * 1_000_000n + BigInt((match[7] ?? '').slice(0, 6).padEnd(6, '0'));
}
