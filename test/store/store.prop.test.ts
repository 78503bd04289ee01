import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { storedTableOf } from '../../src/store/table-handles.ts';
import { propertyOptions } from '../support/property.ts';
import { type ModelQuery, type Mutation } from './support/model-server.ts';
import { type Entity, type LogLine } from './support/tables.ts';
import { type Command, ids, rooms, setIds, World } from './support/world.ts';

const entityOf: fc.Arbitrary<Entity> = fc.record({
  id: fc.constantFrom(...ids),
  room: fc.constantFrom(...rooms),
  name: fc.constantFrom('a', 'b', 'c'),
});
const lineOf: fc.Arbitrary<LogLine> = fc.record({ level: fc.constantFrom(...rooms), text: fc.constantFrom('x', 'y') });
const queryOf: fc.Arbitrary<ModelQuery> = fc.record({
  table: fc.constantFrom('entity', 'log_line'),
  only: fc.option(fc.constantFrom(...rooms), { nil: undefined }),
  times: fc.constantFrom(1, 1, 2),
});
const mutationOf: fc.Arbitrary<Mutation> = fc.record({
  put: fc.array(entityOf, { maxLength: 4 }),
  remove: fc.array(fc.constantFrom(...ids), { maxLength: 2 }),
  toggle: fc.array(lineOf, { maxLength: 3 }),
});
const setOf = fc.constantFrom(...setIds);
const pingsOf = fc.array(fc.constantFrom(7, 8), { maxLength: 3 });

const commandOf: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('transact'), mutation: mutationOf }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('subscribe'),
      set: setOf,
      queries: fc.array(queryOf, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('unsubscribe', 'resync', 'reject', 'impossible'), set: setOf }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('reconnect'), mutation: mutationOf, late: fc.subarray([...setIds]) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('ping'), bySet: fc.array(pingsOf, { maxLength: 3 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('watch'), watcher: fc.nat({ max: 29 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('clear', 'look') }) },
);

describe('the store', () => {
  test('does the same as a model of arrays and filters', () => {
    fc.assert(
      fc.property(fc.array(commandOf, { maxLength: 40, size: 'max' }), (commands) => {
        const world = new World();
        for (const command of commands) world.run(command);
        world.look();
        for (const index of world.watchers.keys()) world.toggle(index);
        expect(storedTableOf(world.table).watched).toBe(0);
      }),
      propertyOptions(150),
    );
  });
});
