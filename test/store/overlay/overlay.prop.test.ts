import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { storedTableOf } from '../../../src/store/table-handles.ts';
import { propertyOptions } from '../../support/property.ts';
import { type ModelQuery, type Mutation } from '../support/model-server.ts';
import { type OverlayCommand, OverlayWorld, type Prediction } from '../support/overlay-world.ts';
import { type Entity, type LogLine } from '../support/tables.ts';

const entityOf: fc.Arbitrary<Entity> = fc.record(
  {
    id: fc.constantFrom(0, 1, 2, 3),
    room: fc.constantFrom(0, 1, 2),
    name: fc.constantFrom('a', 'b', 'c'),
  },
  { noNullPrototype: true },
);
const lineOf: fc.Arbitrary<LogLine> = fc.record(
  { level: fc.constantFrom(0, 1), text: fc.constantFrom('x', 'y') },
  { noNullPrototype: true },
);
const mutationOf: fc.Arbitrary<Mutation> = fc.record({
  put: fc.array(entityOf, { maxLength: 3 }),
  remove: fc.array(fc.constantFrom(0, 1, 2, 3), { maxLength: 2 }),
  toggle: fc.array(lineOf, { maxLength: 2 }),
});
const queryOf: fc.Arbitrary<ModelQuery> = fc.record({
  table: fc.constantFrom('entity', 'entity', 'log_line'),
  only: fc.option(fc.constantFrom(0, 1), { nil: undefined, freq: 2 }),
  times: fc.constantFrom(1, 1, 2),
});
const predictionOf: fc.Arbitrary<Prediction> = fc.oneof(
  fc.record({ kind: fc.constantFrom('put', 'drop'), row: entityOf }),
  {
    weight: 2,
    arbitrary: fc.tuple(entityOf, entityOf, fc.boolean()).map(([oldRow, newRow, isMoved]): Prediction => {
      return { kind: 'edit', oldRow, newRow: isMoved ? newRow : { ...newRow, id: oldRow.id } };
    }),
  },
  fc.record({ kind: fc.constantFrom('log', 'unlog'), line: lineOf }),
  fc.record({ kind: fc.constant('relog'), oldLine: lineOf, newLine: lineOf }),
);
const callOf = fc.nat({ max: 9 });
const setOf = fc.constantFrom(1, 2);

const commandOf: fc.Arbitrary<OverlayCommand> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('transact'), mutation: mutationOf }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('call'),
      predictions: fc.array(predictionOf, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('confirm'),
      call: callOf,
      mutation: fc.option(mutationOf, { nil: undefined, freq: 2 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('reject', 'disagree'), call: callOf }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('subscribe'),
      set: setOf,
      queries: fc.array(queryOf, { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('unsubscribe'), set: setOf }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose') }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('reconnect'), mutation: mutationOf, late: fc.subarray([1, 2]) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('watch'), watcher: fc.nat({ max: 27 }) }) },
);

describe('the overlay', () => {
  test('shows what replaying every pending call over the rows of the server gives', () => {
    fc.assert(
      fc.property(fc.array(commandOf, { maxLength: 40, size: 'max' }), (commands) => {
        const world = new OverlayWorld();
        for (const command of commands) world.run(command);
        world.run({ kind: 'lose' });
        expect(storedTableOf(world.table).visibleRows).toBe(storedTableOf(world.table).base.rows);
        expect([world.table.pending.value.size, world.log.pending.value.size]).toEqual([0, 0]);
        for (const index of world.watchers.keys()) world.toggle(index);
      }),
      propertyOptions(150),
    );
  });
});
