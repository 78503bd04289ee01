import { describe, expect, test } from 'vitest';
import { type Codec, encode } from '../../src/bsatn/codec.ts';
import { encodingProblem } from '../../src/bsatn/encoding-problem.ts';
import { BsatnReader } from '../../src/bsatn/reader.ts';
import { Identity } from '../../src/bsatn/special/identity.ts';
import { Timestamp } from '../../src/bsatn/special/timestamp.ts';
import {
  addScoreArgsCodec,
  createNoteArgsCodec,
  everyTypeCodec,
  moveEntityArgsCodec,
  setStatusArgsCodec,
  userCodec,
} from '../generated/reference/types.ts';

const user = {
  identity: Identity.fromHexString('00'.repeat(32)),
  name: undefined,
  online: true,
  status: { tag: 'Pending' },
  joined: new Timestamp(0n),
};

/** A row of columns of every type: what enough zeros are. */
const everyType = everyTypeCodec.read(new BsatnReader(new Uint8Array(4096), 'zeros'));

function problemWith(
  codec: Pick<Codec<never>, 'write'>,
  value: unknown,
  part: 'argument' | 'column' = 'argument',
): string {
  try {
    encode(codec, value as never);
  } catch (cause) {
    return encodingProblem(codec, value as never, part, cause);
  }
  throw new Error('the value fits');
}

describe('what is said of a value that does not fit', () => {
  test('names the part, and what to write for a number in place of a bigint', () => {
    expect(problemWith(addScoreArgsCodec, { player: 'ann', points: 1 })).toBe(
      'the argument points, which is the number 1, cannot be encoded: it takes a bigint: write 1n',
    );
    expect(problemWith(addScoreArgsCodec, { player: 'ann', points: -1e21 })).toContain(
      'write -1000000000000000000000n',
    );
    expect(problemWith(addScoreArgsCodec, { player: 'ann', points: 1.5 })).toMatch(
      /number 1.5, .*: it takes a bigint$/,
    );
  });

  test('names the part, and what to write for a bigint in place of a number', () => {
    expect(problemWith(moveEntityArgsCodec, { entityId: 7n, position: { x: 0, y: 0, z: 0 } })).toBe(
      'the argument entityId, which is the bigint 7n, cannot be encoded: it takes a number: write 7',
    );
  });

  test('names the part inside an argument, in frozen objects too', () => {
    const position = Object.freeze({ x: 0, y: 'up', z: 0 });
    expect(problemWith(moveEntityArgsCodec, Object.freeze({ entityId: 7, position }))).toBe(
      'the argument position.y, which is the string "up", cannot be encoded: it takes a number',
    );
    const tags = ['one', undefined, 'three'];
    expect(problemWith(createNoteArgsCodec, { id: 1n, folder: '', title: '', body: '', tags })).toBe(
      'the argument tags.1, which is missing, cannot be encoded: it takes a string',
    );
    expect(problemWith(setStatusArgsCodec, { status: { tag: 'Active', value: 5 } })).toMatch(
      /^the argument status\.value, .* write 5n$/,
    );
    expect(problemWith(setStatusArgsCodec, { status: { tag: 'Away' } })).toBe(
      'the argument status.tag, which is the string "Away", cannot be encoded: Away is no variant of Status, which has Pending, Active, Banned',
    );
  });

  test('is the same behind values with private parts', () => {
    expect(problemWith(userCodec, { ...user, joined: 5n }, 'column')).toBe(
      'the column joined, which is the bigint 5n, cannot be encoded: it takes a Timestamp or a TimeDuration',
    );
    expect(problemWith(userCodec, { ...user, online: 'yes' }, 'column')).toBe(
      'the column online, which is the string "yes", cannot be encoded: it takes a boolean',
    );
  });

  test.each([
    ['identity', '00ff', 'the string "00ff"', 'it takes an Identity: write Identity.fromHexString(…)'],
    ['identity', null, 'null', 'it takes an Identity'],
    ['name', 7, 'the number 7', 'it takes a string'],
    ['online', undefined, 'missing', 'it takes a boolean'],
    ['status', 'Pending', 'the string "Pending"', 'write { tag: "Pending" }'],
    [
      'status',
      'Away',
      'the string "Away"',
      'it takes an object with the tag of a variant of Status, which has Pending, Active, Banned',
    ],
    ['joined', new Date(0), 'a Date', 'it takes a Timestamp or a TimeDuration: write Timestamp.fromDate(…)'],
  ])('says of the column %s with %o what it takes', (column, wrong, described, advice) => {
    expect(problemWith(userCodec, { ...user, [column]: wrong }, 'column')).toBe(
      `the column ${column}, which is ${described}, cannot be encoded: ${advice}`,
    );
  });

  test.each([
    ['id', '7', 'it takes a number: write 7'],
    ['aU64', '7', 'it takes a bigint: write 7n'],
    ['aU8', 256, '256 is not a value of u8'],
    ['bytes', [1, 2], 'it takes a Uint8Array'],
    ['bytes', new Int8Array([-1]), 'it takes a Uint8Array'],
    ['nested', 'text', 'it takes an array'],
    ['numbers', {}, 'it takes an array'],
    ['aUuid', 'nil', 'it takes a Uuid or a ConnectionId'],
    ['aSchedule', 5n, 'it takes an object with the tag of a variant of ScheduleAt, which has Interval, Time'],
    ['outcome', 3, 'it takes { ok } or { err }'],
  ])('says of the column %s with %o what it takes, too', (column, wrong, advice) => {
    expect(problemWith(everyTypeCodec, { ...everyType, [column]: wrong }, 'column')).toMatch(
      new RegExp(`^the column ${column}, which is .*, cannot be encoded: ${advice.replace(/[{}]/g, '\\$&')}$`),
    );
  });

  test('says of an object where a primitive is wanted, and of the reverse, what it takes', () => {
    expect(problemWith(addScoreArgsCodec, { player: {}, points: 1n })).toMatch(/^the argument player, .* a string$/);
    expect(problemWith(moveEntityArgsCodec, { entityId: 7, position: 3 })).toBe(
      'the argument position, which is the number 3, cannot be encoded: it takes an object with x',
    );
    expect(problemWith(moveEntityArgsCodec, { entityId: 7 })).toBe(
      'the argument position, which is missing, cannot be encoded: it takes an object with x',
    );
  });

  test('is of a value out of range what the encoder says of it', () => {
    expect(problemWith(addScoreArgsCodec, { player: 'ann', points: 1n << 64n })).toBe(
      'the argument points, which is the bigint 18446744073709551616n, cannot be encoded: 18446744073709551616 is not a value of i64',
    );
  });

  test('is of no object that it is none', () => {
    expect(problemWith(addScoreArgsCodec, undefined)).toBe(
      'what was passed is missing; it takes an object of arguments',
    );
    expect(problemWith(userCodec, 5, 'column')).toBe('what was passed is the number 5; it takes an object of columns');
  });
});
