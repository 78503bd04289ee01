import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Identity } from '../../src/bsatn/special/identity.ts';
import { StorageError } from '../../src/errors.ts';
import { type MutationRecord, readQueueRecord, writeMark, writeMutation } from '../../src/offline/mutation-record.ts';
import { type RecordOwner } from '../../src/offline/record.ts';
import { readChanges, readSnapshot, writeChanges, writeSnapshot } from '../../src/offline/table-record.ts';
import { rowsOf } from '../../src/wire/row-list.ts';
import { propertyOptions } from '../support/property.ts';

const bytes = fc.uint8Array({ maxLength: 20 });
const identity = fc.option(
  fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }).map((value) => new Identity(value)),
  { nil: undefined },
);
const owner: fc.Arbitrary<RecordOwner> = fc.record({ address: fc.string(), identity }, { noNullPrototype: true });
const mutation: fc.Arbitrary<MutationRecord> = fc
  .tuple(
    owner,
    fc.record(
      {
        reducer: fc.string(),
        shape: fc.string(),
        sequence: fc.nat(),
        args: bytes,
        createdAt: fc.nat(),
        unsentMark: fc.option(fc.nat(), { nil: undefined }),
        isProvable: fc.boolean(),
        changes: fc.array(
          fc.record(
            {
              kind: fc.constantFrom('insert' as const, 'update' as const, 'delete' as const),
              table: fc.string(),
              shape: fc.string(),
              rows: fc.array(bytes, { maxLength: 2 }),
            },
            { noNullPrototype: true },
          ),
          { maxLength: 3 },
        ),
      },
      { noNullPrototype: true },
    ),
  )
  .map(([whose, rest]) => ({ ...whose, ...rest }));

const plain = (rows: Iterable<Uint8Array>): number[][] => Array.from(rows, (row) => [...row]);

describe('what is written is read as it was', () => {
  test('a call', () => {
    fc.assert(
      fc.property(mutation, (written) => {
        expect(readQueueRecord('id', writeMutation(written))).toEqual({ kind: 'mutation', mutation: written });
      }),
      propertyOptions(200),
    );
  });

  test('a mark', () => {
    fc.assert(
      fc.property(owner, fc.constantFrom('unsentMark', 'ownerMark'), fc.nat(), (whose, kind, sequence) => {
        const mark = { ...whose, kind, sequence };
        expect(readQueueRecord('id', writeMark(mark))).toEqual(mark);
      }),
      propertyOptions(100),
    );
  });

  test('the rows of a table, and changes of them', () => {
    fc.assert(
      fc.property(owner, fc.string(), fc.array(bytes), fc.array(bytes), (whose, shape, rows, others) => {
        const { header, rows: read } = readSnapshot('t', writeSnapshot(whose, shape, rows));
        expect(header).toEqual({ ...whose, shape, kind: 'snapshot' });
        expect(plain(rowsOf(read))).toEqual(plain(rows));
        const changes = readChanges('t', writeChanges({ puts: rows, removals: others }));
        expect([plain(rowsOf(changes.puts)), plain(rowsOf(changes.removals))]).toEqual([plain(rows), plain(others)]);
      }),
      propertyOptions(200),
    );
  });
});

describe('what is damaged', () => {
  test('is refused with a StorageError, whatever the bytes are', () => {
    const readers = [
      (input: Uint8Array) => readQueueRecord('id', input),
      (input: Uint8Array) => readSnapshot('t', input),
      (input: Uint8Array) => readChanges('t', input),
    ];
    fc.assert(
      fc.property(mutation, fc.nat(), fc.nat({ max: 255 }), fc.nat(), (written, at, byte, length) => {
        const whole = writeMutation(written);
        const damaged = whole.slice(0, 1 + (length % whole.length));
        damaged[at % damaged.length] = byte;
        const errors = readers.flatMap((read) => errorOf(() => read(damaged)) ?? []);
        expect(errors.filter((error) => !(error instanceof StorageError))).toEqual([]);
      }),
      propertyOptions(500),
    );
  });

  test('or of a later format says so', () => {
    const record = writeMark({ address: 'a', identity: undefined, kind: 'unsentMark', sequence: 1 });
    record[0] = 3;
    expect(() => readQueueRecord('id', record)).toThrow('is of format 3, this version reads 2');
  });
});

function errorOf(read: () => unknown): unknown {
  try {
    read();
    return undefined;
  } catch (error) {
    return error;
  }
}
