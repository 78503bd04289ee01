import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { propertyOptions } from '../support/property.ts';
import { queueCommand, queueOptions } from './queue-command.ts';
import { QueueWorld } from './queue-world.ts';

test('rows, events, pending keys and the queue are what replaying everything from scratch gives', async () => {
  await fc.assert(
    fc.asyncProperty(
      queueOptions,
      fc.array(queueCommand, { minLength: 5, maxLength: 40, size: 'max' }),
      async (options, commands) => {
        const world = await QueueWorld.start(options);
        for (const command of commands) await world.run(command);
        expect(await world.finish()).toBeGreaterThan(commands.length);
      },
    ),
    propertyOptions(100),
  );
});
