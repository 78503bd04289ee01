import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { propertyOptions } from '../support/property.ts';
import { type QueueCommand, QueueWorld } from './queue-world.ts';

const key = fc.constantFrom(0, 1, 2);
const commandOf: fc.Arbitrary<QueueCommand> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constantFrom('put', 'put', 'remove'), key, short: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('serve'), how: fc.constantFrom('well', 'otherwise', 'not') }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('remote'),
      key,
      value: fc.option(fc.constantFrom('x', 'y'), { nil: undefined }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('break'), served: fc.constantFrom(0, 0, 1, 2) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('connect'), as: fc.constantFrom('ann', 'ann', 'ann', 'bob') }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('answer') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('discard'), index: fc.nat({ max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('restart', 'crash') }) },
);

test('rows, events, pending keys and the queue are what replaying everything from scratch gives', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(commandOf, { minLength: 5, maxLength: 40, size: 'max' }), async (commands) => {
      const world = await QueueWorld.start();
      for (const command of commands) await world.run(command);
      expect(await world.finish()).toBeGreaterThan(commands.length);
    }),
    propertyOptions(100),
  );
});
