import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  arrayOf,
  boolCodec,
  bytesCodec,
  f64Codec,
  i32Codec,
  optionOf,
  stringCodec,
  u64Codec,
} from '../../src/bsatn/basic-codecs.ts';
import { BsatnReader } from '../../src/bsatn/reader.ts';
import { encode } from '../../src/bsatn/codec.ts';
import { SchemaError } from '../../src/errors.ts';
import { type TableDefinition } from '../../src/store/definition.ts';
import { columnReader, RowLayout } from '../../src/store/row-layout.ts';
import { type Status, statusCodec, type Vec3, vec3Codec } from '../generated/reference/types.ts';
import { Timestamp } from '../../src/bsatn/special/timestamp.ts';
import { propertyOptions } from '../support/property.ts';
import { rowList, tableOf } from './support/rows.ts';
import { samples } from './support/tables.ts';

interface Mixed {
  readonly name: string;
  readonly hp: number;
  readonly score: bigint;
  readonly isUp: boolean;
  readonly bytes: Uint8Array;
  readonly weight: number;
  readonly note: string | undefined;
  readonly place: Vec3;
  readonly status: Status;
  readonly path: readonly Vec3[];
}

const mixed: TableDefinition<Mixed> = tableOf<Mixed>('mixed', {
  name: { name: 'name', codec: stringCodec },
  hp: { name: 'hp', codec: i32Codec },
  score: { name: 'score', codec: u64Codec },
  isUp: { name: 'is_up', codec: boolCodec },
  bytes: { name: 'bytes', codec: bytesCodec },
  weight: { name: 'weight', codec: f64Codec },
  note: { name: 'note', codec: optionOf(stringCodec) },
  place: { name: 'place', codec: vec3Codec },
  status: { name: 'status', codec: statusCodec },
  path: { name: 'path', codec: arrayOf(vec3Codec) },
});

const float = fc.float({ noNaN: true });
const vec3Of: fc.Arbitrary<Vec3> = fc.record({ x: float, y: float, z: float });
const statusOf: fc.Arbitrary<Status> = fc.oneof(
  fc.constant<Status>({ tag: 'Pending' }),
  fc.bigInt({ min: 0n, max: 9n }).map((value): Status => ({ tag: 'Active', value })),
  fc.string().map((reason): Status => ({ tag: 'Banned', value: { reason, until: undefined } })),
);

const mixedOf: fc.Arbitrary<Mixed> = fc.record({
  name: fc.string({ unit: 'binary', maxLength: 40 }),
  hp: fc.integer(),
  score: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  isUp: fc.boolean(),
  bytes: fc.uint8Array({ maxLength: 5 }),
  weight: fc.double(),
  note: fc.option(fc.string(), { nil: undefined }),
  place: vec3Of,
  status: statusOf,
  path: fc.array(vec3Of, { maxLength: 3 }),
});

/** Bytes of a row, some of them damaged. */
const damagedOf = fc
  .tuple(mixedOf, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 3 }), fc.option(fc.nat()))
  .map(([row, flips, cut]) => {
    const bytes = encode(mixed.codec, row);
    for (const [at, byte] of flips) bytes[at % bytes.length] = byte;
    return cut === null ? bytes : bytes.slice(0, cut % bytes.length);
  });

function oneRow(data: Uint8Array) {
  return { length: 1, data, start: () => 0, end: () => data.length };
}

function problemOf(run: () => void): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('the layout of rows', () => {
  test('takes exactly the bytes that can be read', () => {
    const layout = new RowLayout(mixed);
    fc.assert(
      fc.property(damagedOf, (data) => {
        const reader = new BsatnReader(data, 'a row');
        const unreadable = problemOf(() => {
          mixed.codec.read(reader);
          reader.finish('a row');
        });
        const refused = problemOf(() => layout.check(oneRow(data), layout.readerOf(data)));
        expect(refused === undefined).toBe(unreadable === undefined);
        if (refused !== undefined) expect(refused).toBeInstanceOf(SchemaError);
      }),
      propertyOptions(1000),
    );
  });

  test('knows where a column is behind others of a fixed size', () => {
    const sample = { key: 7n, value: 1.5, at: new Timestamp(5n), note: 'x', isGood: true };
    const list = rowList(samples.codec, [sample, { ...sample, value: 2.5 }]);
    const read = columnReader<number>(samples.columns, 'value', samples.columns.value.codec);
    const reader = new BsatnReader(list.data, 'rows');
    expect([read(reader, list.start(0)), read(reader, list.start(1))]).toEqual([1.5, 2.5]);
  });

  test('knows where each column is', () => {
    fc.assert(
      fc.property(fc.array(mixedOf, { maxLength: 4 }), (rows) => {
        const list = rowList(mixed.codec, rows);
        const reader = new BsatnReader(list.data, 'rows');
        for (const property of ['name', 'hp', 'isUp', 'weight', 'note', 'place', 'status', 'path'] as const) {
          const read = columnReader<unknown>(mixed.columns, property, mixed.columns[property].codec);
          expect(rows.map((_, index) => read(reader, list.start(index)))).toEqual(rows.map((row) => row[property]));
        }
      }),
      propertyOptions(100),
    );
  });
});
