import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { propertyOptions } from '../support/property.ts';
import { heldIn, PlainStorage, type StorageCommand, tables } from './plain-storage.ts';
import { openStore, type StoragePlace } from './storage-place.ts';

const tableOfCommand = fc.constantFrom(...tables);
const textOfCommand = fc.string({ maxLength: 40 });
const timeOfCommand = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n);

/** Random commands, mostly those that an app causes most. */
const storageCommandOf: fc.Arbitrary<StorageCommand> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('append'), table: tableOfCommand, text: textOfCommand }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('save'), table: tableOfCommand, text: textOfCommand }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('enqueue'), text: textOfCommand }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('dequeue'), at: fc.nat({ max: 5 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('time'), table: tableOfCommand, time: timeOfCommand }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('reopen') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('clearQueue', 'clearAll') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clearTable'), table: tableOfCommand }) },
);

/** A property: whatever is done to a store, it holds what plain data would hold, also after it was opened anew. */
export function describeStorageModel(name: string, newPlace: () => Promise<StoragePlace>, runs: number): void {
  test(`${name} holds what plain data holds, whatever is done to it and however often it is opened`, async () => {
    const commands = fc.array(fc.record({ command: storageCommandOf, isAwaited: fc.boolean() }), {
      maxLength: 40,
      size: 'max',
    });
    await fc.assert(
      fc.asyncProperty(commands, async (steps) => {
        await using place = await newPlace();
        const plain = new PlainStorage();
        let { store } = await openStore(place);
        let working: Promise<void>[] = [];
        for (const { command, isAwaited } of [...steps, { command: { kind: 'reopen' }, isAwaited: true } as const]) {
          working.push(plain.run(command)(store));
          if (isAwaited) {
            await Promise.all(working);
            working = [];
          }
          if (command.kind !== 'reopen') continue;
          if (isAwaited) expect(await heldIn(store)).toEqual(plain.held());
          await store.dispose();
          const opened = await openStore(place);
          expect([opened.access, opened.damaged]).toEqual(['readWrite', []]);
          store = opened.store;
          expect(await heldIn(store)).toEqual(plain.held());
        }
        await Promise.all(working);
        await store.dispose();
      }),
      propertyOptions(runs),
    );
  });
}
