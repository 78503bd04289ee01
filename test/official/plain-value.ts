import { ConnectionId } from '../../src/bsatn/special/connection-id.ts';
import { Identity } from '../../src/bsatn/special/identity.ts';
import { TimeDuration } from '../../src/bsatn/special/time-duration.ts';
import { Timestamp } from '../../src/bsatn/special/timestamp.ts';
import { Uuid } from '../../src/bsatn/special/uuid.ts';

/** The only field of the package's classes for special types, by what they stand for. */
const specialFields: ReadonlyMap<string, string> = new Map([
  ['__identity__', 'identity'],
  ['__connection_id__', 'connection id'],
  ['__timestamp_micros_since_unix_epoch__', 'timestamp'],
  ['__time_duration_micros__', 'duration'],
  ['__uuid__', 'uuid'],
]);

/**
 * A value of either client in one form: special types as `{special, value}`, unit variants without a payload. Everything else stays what it
 * is, so that a number is not a bigint and -0 is not 0.
 */
export function plainValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(plainValue);
  const special = specialOf(value);
  if (special !== undefined) return special;
  const fields = Object.entries(value).filter(
    ([name, field]) => !(name === 'value' && 'tag' in value && isUnit(field)),
  );
  return Object.fromEntries(fields.map(([name, field]) => [name, plainValue(field)]));
}

/** The columns of a row of either client, or of the server's SQL, as one text: the same text for the same values. */
export function rowText(row: object): string {
  return JSON.stringify(Object.values(row).map(plainValue), (_name, value: unknown) => {
    if (typeof value === 'bigint') return `${value}n`;
    if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) return `${value}f`;
    return value instanceof Uint8Array ? `bytes ${[...value].join(' ')}` : value;
  });
}

function specialOf(value: object): object | undefined {
  if (value instanceof Identity) return { special: 'identity', value: value.value };
  if (value instanceof ConnectionId) return { special: 'connection id', value: value.value };
  if (value instanceof Timestamp) return { special: 'timestamp', value: value.micros };
  if (value instanceof TimeDuration) return { special: 'duration', value: value.micros };
  if (value instanceof Uuid) return { special: 'uuid', value: value.value };
  const [[name, field] = ['', undefined], ...others] = Object.entries(value);
  const special = specialFields.get(name);
  return special === undefined || others.length > 0 ? undefined : { special, value: field };
}

function isUnit(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
