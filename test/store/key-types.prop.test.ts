import { effect } from '@preact/signals-core';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  boolCodec,
  f64Codec,
  i256Codec,
  i32Codec,
  i64Codec,
  i8Codec,
  stringCodec,
  u32Codec,
  u64Codec,
  u8Codec,
} from '../../src/bsatn/basic-codecs.ts';
import { toHex } from '../../src/bsatn/bytes.ts';
import { type Codec, encode } from '../../src/bsatn/codec.ts';
import { ConnectionId, connectionIdCodec } from '../../src/bsatn/special/connection-id.ts';
import { Identity, identityCodec } from '../../src/bsatn/special/identity.ts';
import { Timestamp, timestampCodec } from '../../src/bsatn/special/timestamp.ts';
import { Uuid, uuidCodec } from '../../src/bsatn/special/uuid.ts';
import { type KeyedTableDefinition, type KeyValue } from '../../src/store/definition.ts';
import { type IndexQuery } from '../../src/store/handles.ts';
import { range } from '../../src/store/range.ts';
import { createKeyedTable } from '../../src/store/table-handles.ts';
import {
  createHashIndex,
  createOrderedColumn,
  createOrderedIndex,
  createUniqueIndex,
} from '../../src/store/table-indexes.ts';
import { propertyOptions } from '../support/property.ts';
import { changesIn, tableOf, TestStore } from './support/rows.ts';
import { type Color, colorCodec } from './support/tables.ts';

/** A type of columns, and some values of it in their order; those in one list are equal to an index. */
interface ColumnType {
  readonly codec: Codec<KeyValue>;
  /** Made anew each time, as an app does. */
  readonly values: () => readonly (readonly KeyValue[])[];
}

function typeOf<Value extends KeyValue>(codec: Codec<Value>, ...values: (() => readonly Value[])[]): ColumnType {
  // Only values of the type ever get there, and a codec is known by its identity.
  return { codec: codec as unknown as Codec<KeyValue>, values: () => values.map((make) => make()) };
}

const each = <Value extends KeyValue>(codec: Codec<Value>, ...values: readonly Value[]): ColumnType =>
  typeOf(codec, ...values.map((value) => () => [value]));

/** Types of primary keys: no float is one. */
const keyTypes: Readonly<Record<string, ColumnType>> = {
  u8: each(u8Codec, 0, 1, 7, 255),
  i8: each(i8Codec, -128, -1, 0, 127),
  u32: each(u32Codec, 0, 1, 2 ** 31, 2 ** 32 - 1),
  i32: each(i32Codec, -(2 ** 31), -1, 0, 5, 2 ** 31 - 1),
  u64: each(u64Codec, 0n, 1n, 2n ** 32n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 64n - 1n),
  i64: each(i64Codec, -(2n ** 63n), -1n, 0n, 2n ** 32n, 2n ** 63n - 1n),
  i256: each(i256Codec, -(2n ** 255n), -1n, 0n, 2n ** 64n, 2n ** 255n - 1n),
  bool: each(boolCodec, false, true),
  string: each(stringCodec, '', ',', '1', '1:a', '2:1,', 'a', 'a,b', '\u{e000}', '\u{fffd}', '\u{1f600}'),
  identity: typeOf(identityCodec, ...[0n, 1n, 2n ** 256n - 1n].map((value) => () => [new Identity(value)])),
  connectionId: typeOf(connectionIdCodec, ...[0n, 1n, 2n ** 128n - 1n].map((value) => () => [new ConnectionId(value)])),
  uuid: typeOf(uuidCodec, ...[0n, 1n, 2n ** 128n - 1n].map((value) => () => [new Uuid(value)])),
  timestamp: typeOf(timestampCodec, ...[-1n, 0n, 2n ** 60n].map((micros) => () => [new Timestamp(micros)])),
  sum: typeOf<Color>(
    colorCodec,
    () => [{ tag: 'Blue' }],
    () => [{ tag: 'Green' }],
    () => [{ tag: 'Red' }],
  ),
};

const columnTypes: Readonly<Record<string, ColumnType>> = {
  ...keyTypes,
  f64: typeOf(
    f64Codec,
    () => [-Infinity],
    () => [-1.5],
    () => [-0, 0],
    () => [Number.MIN_VALUE],
    () => [Infinity],
    () => [NaN],
  ),
};

interface Row {
  readonly first: KeyValue;
  readonly id: KeyValue;
  readonly second: KeyValue;
  readonly text: string;
}

/** A row by the places of its values in their types. */
interface Draft {
  readonly first: number;
  readonly id: number;
  readonly second: number;
  /** Which of equal values it is. */
  readonly twin: number;
  readonly text: string;
}

const at = ({ values }: ColumnType, place: number, twin: number): KeyValue => {
  const twins = values()[place % values().length] ?? [];
  return twins[twin % twins.length] ?? 0;
};

const place = fc.nat({ max: 9 });
const draftOf: fc.Arbitrary<Draft> = fc.record({
  first: place,
  id: place,
  second: place,
  twin: fc.nat({ max: 1 }),
  text: fc.constantFrom('', 'x', 'y'),
});
const typesOf = fc.record({
  first: fc.constantFrom(...Object.keys(columnTypes)),
  id: fc.constantFrom(...Object.keys(keyTypes)),
  second: fc.constantFrom(...Object.keys(columnTypes)),
});
type TypeNames = typeof typesOf extends fc.Arbitrary<infer Names> ? Names : never;

const transactionOf = fc.record({
  put: fc.array(draftOf, { maxLength: 4 }),
  remove: fc.array(place, { maxLength: 3 }),
});
const boundsOf: fc.Arbitrary<Bounds> = fc.record({
  least: fc.option(fc.tuple(place, fc.boolean()), { nil: undefined }),
  greatest: fc.option(fc.tuple(place, fc.boolean()), { nil: undefined }),
});

/** By place, and whether it is included. */
interface Bounds {
  readonly least: readonly [number, boolean] | undefined;
  readonly greatest: readonly [number, boolean] | undefined;
}

/** A table of these types with an index of each kind, and an array of drafts that knows what is in it. */
class World {
  readonly #types: Readonly<Record<'first' | 'id' | 'second', ColumnType>>;
  readonly #client = new TestStore();
  readonly #definition: KeyedTableDefinition<Row, KeyValue>;
  #drafts: readonly Draft[] = [];
  readonly #table;
  readonly #byId;
  readonly #byFirst;
  readonly #byBoth;
  readonly #sorted;
  readonly #watchers: { readonly expected: () => readonly string[]; seen: readonly string[]; runs: number }[] = [];
  readonly #endings: (() => void)[] = [];

  constructor({ first, id, second }: TypeNames) {
    const known = (name: string): ColumnType => columnTypes[name] ?? each(u8Codec, 0);
    this.#types = { first: known(first), id: known(id), second: known(second) };
    this.#definition = {
      ...tableOf<Row>('thing', {
        first: { name: 'first', codec: this.#types.first.codec },
        id: { name: 'id', codec: this.#types.id.codec },
        second: { name: 'second', codec: this.#types.second.codec },
        text: { name: 'text', codec: stringCodec },
      }),
      keyColumn: 'id',
      keyOf: (row) => row.id,
    };
    this.#table = createKeyedTable(this.#client.store, this.#definition);
    this.#byId = createUniqueIndex(this.#table, {
      columnsOf: (row) => [row.id],
      columnsOfKey: (key: KeyValue) => [key],
    });
    this.#byFirst = createHashIndex(this.#table, { columnsOf: (row): readonly [KeyValue] => [row.first] });
    this.#byBoth = createOrderedIndex(this.#table, {
      columnsOf: (row): readonly [KeyValue, KeyValue] => [row.first, row.second],
    });
    this.#sorted = createOrderedColumn(this.#table, { columnsOf: (row): readonly [KeyValue] => [row.second] });
  }

  /** What the server says of it, in one message. */
  transact({ put, remove }: { readonly put: readonly Draft[]; readonly remove: readonly number[] }): void {
    const size = this.#types.id.values().length;
    const after = new Map(this.#drafts.map((draft) => [draft.id, draft]));
    for (const id of remove) after.delete(id % size);
    for (const draft of put) after.set(draft.id % size, { ...draft, id: draft.id % size });
    const isKept = (draft: Draft): boolean => after.get(draft.id) === draft;
    const deletes = this.#drafts.filter((draft) => !isKept(draft)).map((draft) => this.#row(draft));
    const inserts = [...after.values()]
      .filter((draft) => !this.#drafts.includes(draft))
      .map((draft) => this.#row(draft));
    const runs = this.#watchers.map((watcher) => watcher.runs);
    this.#drafts = [
      ...this.#drafts.filter(isKept),
      ...[...after.values()].filter((draft) => !this.#drafts.includes(draft)),
    ];
    this.#client.step(changesIn(1, this.#definition, { deletes, inserts }));
    this.#watchers.forEach((watcher, index) => {
      expect(watcher.seen).toEqual(watcher.expected());
      expect(watcher.runs - (runs[index] ?? 0)).toBeLessThan(2);
    });
  }

  /** Compares every look-up with a filter over the drafts. */
  check(bounds: Bounds): void {
    const { first, id, second } = this.#types;
    expect(this.#table.count()).toBe(this.#drafts.length);
    for (const [index, [value]] of id.values().entries()) {
      const expected = this.#having((draft) => draft.id === index);
      if (value === undefined) continue;
      expect(this.#texts([this.#table.find(value)])).toEqual(expected);
      expect(this.#texts([this.#byId.find(value)])).toEqual(expected);
    }
    for (const [index, twins] of first.values().entries()) {
      for (const value of twins) {
        const isFirst = (draft: Draft): boolean => draft.first % first.values().length === index;
        expect(this.#texts(this.#byFirst.filter(value))).toEqual(this.#having(isFirst));
        expect(this.#texts(this.#byBoth.filter([value]))).toEqual(this.#having(isFirst));
        const both = this.#having((draft) => isFirst(draft) && this.#isWithin(draft, bounds));
        expect(this.#texts(this.#byBoth.filter([value, this.#rangeOf(bounds)]))).toEqual(both);
        for (const [other, [next]] of second.values().entries()) {
          if (next === undefined) continue;
          const exactly = this.#having((draft) => isFirst(draft) && draft.second % second.values().length === other);
          expect(this.#texts(this.#byBoth.filter([value, next]))).toEqual(exactly);
        }
      }
    }
    const ranged = this.#sorted.filter(this.#rangeOf(bounds));
    expect(this.#texts(ranged)).toEqual(this.#having((draft) => this.#isWithin(draft, bounds)));
    const order = ranged.map((row) => this.#placeIn(second, row.second));
    expect(order).toEqual([...order].sort((left, right) => left - right));
  }

  /** Watches one row, one key of an index and one range, from now on. */
  watch({ first: one, id: two, second: three, twin }: Draft, bounds: Bounds): void {
    const { first, id } = this.#types;
    const [ofFirst, ofId] = [one % first.values().length, two % id.values().length];
    const isFirst = (draft: Draft): boolean => draft.first % first.values().length === ofFirst;
    this.#follow(
      () => [this.#table.row(at(id, ofId, 0)).value],
      () => this.#having((draft) => draft.id === ofId),
    );
    this.#follow(
      () => this.#byFirst.rows(at(first, ofFirst, twin)).value,
      () => this.#having(isFirst),
    );
    const exact: Bounds = { least: [three, true], greatest: [three, true] };
    for (const within of [bounds, exact, { least: undefined, greatest: undefined }]) {
      this.#follow(
        () => this.#byBoth.rows([at(first, ofFirst, twin), this.#rangeOf(within)]).value,
        () => this.#having((draft) => isFirst(draft) && this.#isWithin(draft, within)),
      );
    }
  }

  /** Ends all watching. Gives what is watched still. */
  end(): number | undefined {
    for (const end of this.#endings) end();
    expect(this.#client.errors).toEqual([]);
    return this.#client.store.table('thing')?.watched;
  }

  #follow(read: () => readonly (Row | undefined)[], expected: () => readonly string[]): void {
    const watcher = { expected, seen: [] as readonly string[], runs: 0 };
    this.#watchers.push(watcher);
    this.#endings.push(
      effect(() => {
        watcher.runs++;
        watcher.seen = this.#texts(read());
      }),
    );
    expect(watcher.seen).toEqual(expected());
  }

  #row({ first, id, second, twin, text }: Draft): Row {
    const types = this.#types;
    return {
      first: at(types.first, first, twin),
      id: at(types.id, id, 0),
      second: at(types.second, second, twin),
      text,
    };
  }

  #having(isWanted: (draft: Draft) => boolean): readonly string[] {
    return this.#texts(this.#drafts.filter(isWanted).map((draft) => this.#row(draft)));
  }

  #texts(rows: readonly (Row | undefined)[]): readonly string[] {
    return rows.flatMap((row) => (row === undefined ? [] : toHex(encode(this.#definition.codec, row)))).sort();
  }

  #rangeOf({ least, greatest }: Bounds): IndexQuery<readonly [KeyValue]> {
    const { second } = this.#types;
    return range({
      ...(least !== undefined && { [least[1] ? 'from' : 'after']: at(second, least[0], 0) }),
      ...(greatest !== undefined && { [greatest[1] ? 'to' : 'before']: at(second, greatest[0], 1) }),
    });
  }

  #isWithin({ second: own }: Draft, { least, greatest }: Bounds): boolean {
    const size = this.#types.second.values().length;
    const where = own % size;
    const from = least === undefined ? 0 : (least[0] % size) + (least[1] ? 0 : 1);
    const to = greatest === undefined ? size - 1 : (greatest[0] % size) - (greatest[1] ? 0 : 1);
    return where >= from && where <= to;
  }

  #placeIn({ codec, values }: ColumnType, value: KeyValue): number {
    const bytes = toHex(encode(codec, value));
    return values().findIndex((twins) => twins.some((twin) => toHex(encode(codec, twin)) === bytes));
  }
}

describe('keys and indexed columns of every type', () => {
  test('find, select and sort what a filter over an array does, and so do their signals', () => {
    fc.assert(
      fc.property(
        typesOf,
        fc.array(fc.tuple(transactionOf, boundsOf), { minLength: 1, maxLength: 12 }),
        fc.array(fc.tuple(fc.nat({ max: 11 }), draftOf, boundsOf), { maxLength: 3 }),
        (types, transactions, watches) => {
          const world = new World(types);
          for (const [index, [transaction, bounds]] of transactions.entries()) {
            for (const [when, draft, within] of watches) if (when === index) world.watch(draft, within);
            world.transact(transaction);
            world.check(bounds);
          }
          expect(world.end()).toBe(0);
        },
      ),
      propertyOptions(40),
    );
  });
});
