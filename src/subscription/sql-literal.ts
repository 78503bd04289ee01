import { toHex } from '../bsatn/bytes.ts';
import { ConnectionId } from '../bsatn/special/connection-id.ts';
import { Identity } from '../bsatn/special/identity.ts';
import { Timestamp } from '../bsatn/special/timestamp.ts';
import { Uuid } from '../bsatn/special/uuid.ts';

/** What the server can compare, by the name of the column's type: what has a literal in SQL. */
export interface ComparableTypes {
  readonly bool: boolean;
  readonly i8: number;
  readonly u8: number;
  readonly i16: number;
  readonly u16: number;
  readonly i32: number;
  readonly u32: number;
  readonly i64: bigint;
  readonly u64: bigint;
  readonly i128: bigint;
  readonly u128: bigint;
  readonly i256: bigint;
  readonly u256: bigint;
  readonly f32: number;
  readonly f64: number;
  readonly string: string;
  readonly bytes: Uint8Array;
  readonly identity: Identity;
  readonly connectionId: ConnectionId;
  readonly timestamp: Timestamp;
  readonly uuid: Uuid;
}

/** The name of a type that the server can compare. */
export type ComparableKind = keyof ComparableTypes;

/** A value that the server can compare. */
export type ComparableValue = ComparableTypes[ComparableKind];

/**
 * A value as the server reads it; which type it is to have follows from the column that it is compared with. Throws a `RangeError` for what has no
 * literal: `NaN`, and a time outside the years 0 to 9999.
 */
export function sqlLiteral(value: ComparableValue): string {
  switch (typeof value) {
    case 'boolean':
      return value ? 'TRUE' : 'FALSE';
    case 'number':
      return numberLiteral(value);
    case 'bigint':
      return value.toString();
    case 'string':
      return `'${value.replaceAll("'", "''")}'`;
    default:
      return objectLiteral(value);
  }
}

function numberLiteral(value: number): string {
  if (Number.isNaN(value)) throw new RangeError('NaN has no literal in SQL: nothing can be compared with it');
  // A number beyond all others is read as infinity.
  if (!Number.isFinite(value)) return value > 0 ? '1e999' : '-1e999';
  return value.toString();
}

function objectLiteral(value: Identity | ConnectionId | Timestamp | Uuid | Uint8Array): string {
  if (value instanceof Identity || value instanceof ConnectionId) return `0x${value.toHexString()}`;
  if (value instanceof Uuid) return `'${value.toString()}'`;
  if (value instanceof Timestamp) return `'${timeText(value)}'`;
  // `0x` without digits is no token.
  return value.length === 0 ? "''" : `0x${toHex(value)}`;
}

/** RFC 3339, to the microsecond. */
function timeText(value: Timestamp): string {
  const text = value.toString();
  if (/^\d{4}-/.test(text)) return text;
  throw new RangeError(`the time ${text} has no literal in SQL: its year is outside 0 to 9999`);
}
