import { describe, expect, test } from 'vitest';
import { type Codec, encode } from '../../src/bsatn/codec.ts';
import { encodingProblem } from '../../src/bsatn/encoding-problem.ts';
import { Identity } from '../../src/bsatn/special/identity.ts';
import { Timestamp } from '../../src/bsatn/special/timestamp.ts';
import {
  addScoreArgsCodec,
  createNoteArgsCodec,
  moveEntityArgsCodec,
  setStatusArgsCodec,
  userCodec,
} from '../generated/reference/types.ts';

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
      'the argument position.y, which is the string "up", cannot be encoded: a string is not a value of f32',
    );
    const tags = ['one', undefined, 'three'];
    expect(problemWith(createNoteArgsCodec, { id: 1n, folder: '', title: '', body: '', tags })).toBe(
      'the argument tags.1, which is missing, cannot be encoded: undefined is not a value of string',
    );
    expect(problemWith(setStatusArgsCodec, { status: { tag: 'Active', value: 5 } })).toMatch(
      /^the argument status\.value, .* write 5n$/,
    );
    expect(problemWith(setStatusArgsCodec, { status: { tag: 'Away' } })).toBe(
      'the argument status.tag, which is the string "Away", cannot be encoded: Away is no variant of Status',
    );
  });

  test('is the same behind values with private parts', () => {
    const user = {
      identity: Identity.fromHexString('00'.repeat(32)),
      name: undefined,
      online: true,
      status: { tag: 'Pending' },
    };
    expect(problemWith(userCodec, { ...user, joined: 5n }, 'column')).toMatch(
      /^the column joined, which is the bigint 5n, cannot be encoded: (?!it takes)/,
    );
    expect(problemWith(userCodec, { ...user, online: 'yes', joined: new Timestamp(0n) }, 'column')).toMatch(
      /^the column online, which is the string "yes", cannot be encoded: /,
    );
  });

  test('is of a value out of range what the encoder says of it', () => {
    expect(problemWith(addScoreArgsCodec, { player: 'ann', points: 1n << 64n })).toBe(
      'the argument points, which is the bigint 18446744073709551616n, cannot be encoded: 18446744073709551616 is not a value of i64',
    );
  });

  test('is of no object that it is none', () => {
    expect(problemWith(addScoreArgsCodec, undefined)).toMatch(/^what was passed, which is no object of arguments, /);
    expect(problemWith(userCodec, undefined, 'column')).toMatch(/^what was passed, which is no object of columns, /);
  });
});
