import { effect } from '@preact/signals-core';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type SharedSubscription } from '../../src/subscription/shared-sets.ts';
import { propertyOptions } from '../support/property.ts';
import { type SharedHarness, sharedOf } from './shared-harness.ts';

const lingerTimes = [0, 10, 100] as const;
const query = fc.constantFrom('a', 'b');

const actions = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('share' as const), query, lingerMs: fc.constantFrom(...lingerTimes) }),
    },
    // While the next set begins, somebody who sees that shares too.
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('shareWithin' as const),
        query,
        lingerMs: fc.constantFrom(...lingerTimes),
      }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('release' as const), part: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('refuse' as const), query }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('renew' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const), millis: fc.constantFrom(1, 10, 99) }) },
  ),
  { maxLength: 40 },
);

/** What a set has to be, told from what was done. */
interface Model {
  users: number;
  isThere: boolean;
  endsAt: number;
}

class World {
  readonly harness: SharedHarness = sharedOf();
  readonly parts: { readonly query: string; readonly lingerMs: number; readonly part: SharedSubscription }[] = [];
  readonly models = new Map<string, Model>();

  model(of: string): Model {
    const model = this.models.get(of) ?? { users: 0, isThere: false, endsAt: Infinity };
    this.models.set(of, model);
    return model;
  }

  share(of: string, lingerMs: number): void {
    const part = this.harness.shared.share([of], { lingerMs });
    this.parts.push({ query: of, lingerMs, part });
    const model = this.model(of);
    model.users++;
    model.isThere = true;
    model.endsAt = Infinity;
  }

  release(index: number): void {
    const [taken] = this.parts.splice(index % Math.max(1, this.parts.length), 1);
    if (taken === undefined) return;
    taken.part.release();
    const model = this.model(taken.query);
    model.users--;
    if (model.users > 0) return;
    if (taken.lingerMs === 0) model.isThere = false;
    else model.endsAt = this.harness.clock.now() + taken.lingerMs;
  }

  refuse(of: string): void {
    for (const handle of this.harness.made) if (handle.queries[0] === of) handle.isActive = false;
    this.model(of).isThere = false;
  }

  renew(): void {
    for (const model of this.models.values()) {
      model.isThere = model.users > 0;
      model.endsAt = Infinity;
    }
    this.harness.shared.renew();
  }

  pass(millis: number): void {
    const { clock } = this.harness;
    clock.advance(millis);
    for (const model of this.models.values()) {
      if (model.endsAt > clock.now()) continue;
      model.isThere = false;
      model.endsAt = Infinity;
    }
  }

  check(): void {
    const there = this.harness.made.flatMap(({ isActive, queries }) => (isActive ? queries : [])).sort();
    const expected = [...this.models].flatMap(([of, { isThere }]) => (isThere ? of : [])).sort();
    expect(there).toEqual(expected);
  }
}

test('queries are one set as long as anybody has a part in it, whatever becomes of it meanwhile', () => {
  fc.assert(
    fc.property(actions, (steps) => {
      const world = new World();
      const { shared, onMade, clock } = world.harness;
      const stop = effect(() => void shared.state(['a']).value);
      for (const step of steps) {
        if (step.kind === 'share') world.share(step.query, step.lingerMs);
        else if (step.kind === 'shareWithin') onMade.push(() => world.share(step.query, step.lingerMs));
        else if (step.kind === 'release') world.release(step.part);
        else if (step.kind === 'refuse') world.refuse(step.query);
        else if (step.kind === 'renew') world.renew();
        else world.pass(step.millis);
        world.check();
      }
      while (world.parts.length > 0) world.release(0);
      world.pass(100);
      world.check();
      expect(clock.openTimers).toBe(0);
      stop();
    }),
    propertyOptions(300),
  );
});
