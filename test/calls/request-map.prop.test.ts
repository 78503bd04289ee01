import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { RequestMap } from '../../src/calls/request-map.ts';
import { propertyOptions } from '../support/property.ts';

const ids = fc.oneof(fc.nat(200), fc.constantFrom(2 ** 31 - 1, 2 ** 31, 2 ** 32 - 64, 2 ** 32 - 1));
const actions = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({ kind: fc.constantFrom('set' as const, 'take' as const), id: ids }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'takeAll' as const, id: 0 }) },
  ),
  { maxLength: 60 },
);

test('requests are kept by id as in a Map, whatever the ids and their order', () => {
  fc.assert(
    fc.property(actions, (steps) => {
      const requests = new RequestMap<string>();
      const model = new Map<number, string>();
      for (const [step, { kind, id }] of steps.entries()) {
        if (kind === 'set') {
          requests.set(id, `${id} of step ${step}`);
          model.set(id, `${id} of step ${step}`);
        } else if (kind === 'takeAll') {
          expect(requests.takeAll().sort()).toEqual([...model.values()].sort());
          model.clear();
        } else {
          expect(requests.take(id)).toBe(model.get(id));
          model.delete(id);
        }
        expect([...requests.values()].sort()).toEqual([...model.values()].sort());
        expect(requests.size).toBe(model.size);
      }
      for (const id of [...model.keys(), 0, 63, 64, 2 ** 32 - 1]) expect(requests.has(id)).toBe(model.has(id));
      for (const [id, value] of model) expect(requests.take(id)).toBe(value);
      expect(requests.size).toBe(0);
    }),
    propertyOptions(300),
  );
});

test('all requests are taken in the order of ids that count up, and none is left', () => {
  const requests = new RequestMap<number>();
  for (let id = 60; id < 400; id += 3) requests.set(id, id);
  for (let id = 60; id < 400; id += 6) requests.take(id);
  const rest = requests.takeAll();
  expect(rest).toEqual(Array.from({ length: 57 }, (_, index) => 63 + index * 6));
  expect([requests.size, requests.takeAll()]).toEqual([0, []]);
});
