import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arrayOf, u32Codec, unitCodec } from '../../src/bsatn/basic-codecs.ts';
import { IntegerSlots } from '../../src/store/integer-slots.ts';
import { KeptRows } from '../../src/store/kept-rows.ts';
import { RowLayout } from '../../src/store/row-layout.ts';
import { RowSegment } from '../../src/store/row-segment.ts';
import { mapSlots, type NewSlots } from '../../src/store/slot-index.ts';
import { propertyOptions } from '../support/property.ts';
import { rowList, tableOf } from './support/rows.ts';
import { type Entity, entities, entity } from './support/tables.ts';

const keyOf = fc.nat({ max: 40 });
const nameOf = fc.constantFrom('', 'short', 'a name that is longer than any other');

/** What can happen to the rows. */
const commandOf = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('put'), key: keyOf, name: nameOf }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('set'), key: keyOf, name: nameOf }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete'), key: keyOf, name: nameOf }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('get', 'all', 'tidy'), key: keyOf, name: nameOf }) },
);

const integerSlots: NewSlots = (keys) => new IntegerSlots(Uint32Array, keys);

/** Rows that are kept, after a first load of `first` rows, and a map that holds the same. */
function pair(
  first: number,
  newSlots: NewSlots = mapSlots,
): { readonly kept: KeptRows<Entity>; readonly model: Map<number, Entity> } {
  const kept = new KeptRows(entities, new RowLayout(entities), newSlots);
  const rows = Array.from({ length: first }, (_, id) => entity(id));
  load(kept, rows);
  return { kept, model: new Map(rows.map((row) => [row.id, row])) };
}

function load(kept: KeptRows<Entity>, rows: readonly Entity[]): void {
  const slots = kept.slotsOf(rows.map(({ id }) => id));
  expect(slots?.size).toBe(rows.length);
  if (slots !== undefined) kept.load(slots, rowList(entities.codec, rows));
}

describe('rows that are kept', () => {
  test.each([
    ['a map', mapSlots],
    ['integers', integerSlots],
  ])(
    'are those of a map, in its order, however they came and whenever they are read: found by %s',
    (_name, newSlots) => {
      fc.assert(
        fc.property(fc.nat({ max: 30 }), fc.array(commandOf, { maxLength: 400, size: 'max' }), (first, commands) => {
          const { kept, model } = pair(first, newSlots);
          for (const { kind, key, name } of commands) {
            const row = entity(key, name);
            if (kind === 'put') kept.put(key, kept.slotOf(key), rowList(entities.codec, [entity(7), row]), 1);
            else if (kind === 'set') kept.set(key, row);
            else if (kind === 'delete') kept.delete(key);
            else if (kind === 'get') expect(kept.get(key)).toEqual(model.get(key));
            else if (kind === 'all') expect(kept.toArray()).toEqual([...model.values()]);
            else kept.tidy();
            if (kind === 'put' || kind === 'set') model.set(key, row);
            else if (kind === 'delete') model.delete(key);
            expect(kept.size).toBe(model.size);
          }
          expect(kept.keys().map((key) => kept.encodedRow(key))).toEqual(
            [...model.values()].map((row) => rowList(entities.codec, [row]).data),
          );
          expect([...kept]).toEqual([...model]);
          expect(kept.toArray()).toEqual([...model.values()]);
          expect([...kept.keys()]).toEqual([...model.keys()]);
        }),
        propertyOptions(200),
      );
    },
  );

  test('keep their objects and their array while nothing changes', () => {
    const { kept } = pair(5);
    const row = kept.get(3);
    const array = kept.toArray();
    expect(array[3]).toBe(row);
    expect(kept.toArray()).toBe(array);
    kept.put(1, kept.slotOf(1), rowList(entities.codec, [entity(1, 'new')]), 0);
    const next = kept.toArray();
    expect(next).not.toBe(array);
    expect(array[1]).toEqual(entity(1));
    expect(next.map((one, index) => one === array[index])).toEqual([true, false, true, true, true]);
    expect(next[1]).toBe(kept.get(1));
  });

  test('can be read after they have changed, out of what was in their place', () => {
    const { kept } = pair(3);
    const [cell, start] = [kept.cellAt(1), kept.startAt(1)];
    kept.delete(1);
    for (let round = 0; round < 5000; round++) {
      kept.put(2, kept.slotOf(2), rowList(entities.codec, [entity(2, `round ${round}`)]), 0);
      kept.tidy();
    }
    expect(cell === undefined ? undefined : kept.rowOf(cell, start)).toEqual(entity(1));
    expect(kept.get(2)).toEqual(entity(2, 'round 4999'));
    expect(kept.get(0)).toEqual(entity(0));
  });

  test('leave the bytes of a row alone that was replaced unread, also when every other row was read', () => {
    const { kept } = pair(0);
    const put = (name: string): void => {
      kept.put(1, kept.slotOf(1), rowList(entities.codec, [entity(1, name)]), 0);
      kept.tidy();
    };
    put('replaced');
    const [cell, start] = [kept.cellAt(0), kept.startAt(0)];
    put('read');
    expect(kept.get(1)?.name).toBe('read');
    kept.tidy();
    put('the next');
    expect(cell === undefined ? undefined : kept.rowOf(cell, start)).toEqual(entity(1, 'replaced'));
  });

  test('that are few and large do not keep the bytes of those that are gone', () => {
    const kept = new KeptRows(entities, new RowLayout(entities), mapSlots);
    const rows = Array.from({ length: 500 }, (_, id) => entity(id, 'x'.repeat(10_000)));
    load(kept, rows);
    for (let id = 1; id < rows.length; id++) kept.delete(id);
    kept.tidy();
    const cell = kept.cellAt(kept.slotOf(0) ?? 0);
    expect(cell instanceof RowSegment && cell.reader.bytes.length).toBe(
      rowList(entities.codec, rows.slice(0, 1)).data.length,
    );
    expect(kept.get(0)).toEqual(rows[0]);
  });

  test('can be read whatever others have in the same bytes that takes no room in them', () => {
    const things = tableOf<{ readonly id: number; readonly parts: readonly object[] }>('thing', {
      id: { name: 'id', codec: u32Codec },
      parts: { name: 'parts', codec: arrayOf(unitCodec) },
    });
    const kept = new KeptRows(things, new RowLayout(things), mapSlots);
    const parts = Array.from({ length: 600_000 }, () => ({}));
    for (const id of [0, 1]) kept.put(id, undefined, rowList(things.codec, [{ id, parts }]), 0);
    expect(kept.toArray().map((row) => row.parts.length)).toEqual([parts.length, parts.length]);
  });
});
