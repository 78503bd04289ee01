import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type PendingTimer, TimerQueue } from '../../src/embedded/timer-queue.ts';
import { propertyOptions } from '../support/property.ts';

const step = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), at: fc.bigInt({ min: 0n, max: 9n }) }),
  fc.record({ kind: fc.constant('delete' as const), which: fc.nat(30) }),
  fc.record({ kind: fc.constant('take' as const), end: fc.bigInt({ min: 0n, max: 9n }) }),
);

test('timers come in the order of their times, those of one time in the order in which they were added', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new TimerQueue<PendingTimer>();
      const added: PendingTimer[] = [];
      let model: readonly PendingTimer[] = [];
      for (const taken of steps) {
        switch (taken.kind) {
          case 'add': {
            const timer = { at: taken.at };
            queue.add(timer);
            added.push(timer);
            model = [...model, timer].sort((left, right) => Number(left.at - right.at));
            break;
          }
          case 'delete': {
            // Perhaps one that is gone already.
            const timer = added[taken.which];
            if (timer !== undefined) queue.delete(timer);
            model = model.filter((other) => other !== timer);
            break;
          }
          case 'take': {
            const [first] = model;
            const due = first !== undefined && first.at <= taken.end ? first : undefined;
            expect(queue.take(taken.end)).toBe(due);
            model = model.filter((other) => other !== due);
          }
        }
        expect(queue.size).toBe(model.length);
        expect([...queue].every((timer, index) => timer === model[index])).toBe(true);
      }
    }),
    propertyOptions(300),
  );
});
