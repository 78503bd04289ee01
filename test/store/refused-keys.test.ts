import { computed, effect } from '@preact/signals-core';
import { describe, expect, test } from 'vitest';
import { type Identity } from '../../src/bsatn/special/identity.ts';
import { type HashIndex } from '../../src/store/handles.ts';
import { range } from '../../src/store/range.ts';
import { createHashIndex, createOrderedColumn } from '../../src/store/table-indexes.ts';
import { player, type Player, playersFixture } from './support/players.ts';

describe('a key that no row could have is refused by', () => {
  /** Each way to ask, to callers without a compiler; what it gives is read. */
  function askers(): Readonly<Record<string, (key: unknown) => unknown>> & { readonly fill: () => void } {
    const { table, byPlace, byName, insert } = playersFixture();
    const byOwner: HashIndex<Player, Identity> = createHashIndex(table, {
      columnsOf: (row: Player): readonly [Identity] => [row.owner],
    });
    const bySlot = createOrderedColumn(table, { columnsOf: (row: Player): readonly [number] => [row.slot] });
    return {
      fill: () => insert(player(1), player(2)),
      find: (key) => byName.find(key as never),
      row: (key) => byName.row(key as never).value,
      filter: (key) => bySlot.filter(key as never),
      rows: (key) => bySlot.rows(key as never).value,
      objects: (key) => byOwner.filter(key as never),
      prefix: (key) => byPlace.filter([1, key] as never),
      range: (key) => bySlot.filter(range({ from: key }) as never),
      after: (key) => byPlace.rows([1, range({ after: 1, to: key })] as never).value,
      longer: (key) => byPlace.filter([1, 1, key] as never),
    };
  }

  const slots = 'table player by slot cannot have the key 7 of type';
  const places = 'table player by room, slot cannot have the key 7 of type';
  test.each([
    ['find', 7, 'table player by name cannot have the key 7 of type number: its keys are of type string'],
    ['row', 7n, 'table player by name cannot have the key 7 of type bigint: its keys are of type string'],
    ['filter', '7', `${slots} string: its keys are of type number`],
    ['rows', 7n, `${slots} bigint: its keys are of type number`],
    ['filter', undefined, 'table player by slot cannot have the key undefined of type undefined: its keys are of type'],
    ['rows', null, 'table player by slot cannot have the key null of type object: its keys are of type number'],
    [
      'objects',
      '7',
      'table player by owner cannot have the key 7 of type string: its keys are objects, such as Identi',
    ],
    ['prefix', '7', `${places} string: its keys are of type number`],
    ['range', 7n, `${slots} bigint: its keys are of type number`],
    ['after', '7', `${places} string: its keys are of type number`],
    ['longer', 7, `${places} number: its keys are of fewer columns`],
  ])('%s(%s)', (how, key, problem) => {
    const asked = askers();
    const ask = (): unknown => asked[how]?.(key);
    // Also before there are rows, for those who will see none come.
    for (let time = 0; time < 2; time++) {
      expect(ask).toThrow(problem);
      expect(ask).toThrow(TypeError);
      expect(() => computed(ask).value).toThrow(problem);
      expect(() => effect(() => void ask())).toThrow(problem);
      asked.fill();
    }
  });

  test('none for one that is not known yet, which has no row', () => {
    const { find, row, fill } = askers();
    fill();
    expect([find?.(undefined), row?.(undefined)]).toEqual([undefined, undefined]);
  });

  test('an index whose rows lie in order by now', () => {
    const { filter, range: ranged, fill } = askers();
    fill();
    expect(ranged?.(1)).toHaveLength(2);
    expect(() => filter?.(1n)).toThrow('its keys are of type number');
    expect(filter?.(1)).toHaveLength(1);
  });
});
