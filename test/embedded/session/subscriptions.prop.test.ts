import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SubscriptionRefusal, Subscriptions } from '../../../src/embedded/session/subscriptions.ts';
import { bagOf, CountingClient } from '../../support/counting-client.ts';
import { ann, bob, openTestDatabase, type TestDatabase } from '../../support/embedded-database.ts';
import { propertyOptions } from '../../support/property.ts';

const queries = [
  'SELECT * FROM score',
  'SELECT * FROM score WHERE points > 1',
  "SELECT * FROM score WHERE player = 'a'",
  'SELECT * FROM entity',
  'SELECT * FROM entity WHERE entity_id < 3',
  'SELECT * FROM message WHERE room = 0',
  'SELECT * FROM message WHERE sender = :sender',
  'SELECT m.* FROM message m JOIN entity e ON m.room = e.entity_id',
  'SELECT e.* FROM entity e JOIN message m ON m.room = e.entity_id WHERE m.room < 3',
  'SELECT * FROM lobby',
  'SELECT * FROM my_inbox',
  'SELECT a.* FROM message a JOIN message b ON a.room = b.room',
  'SELECT e.* FROM lobby l JOIN entity e ON l.room = e.entity_id',
  'SELECT i.* FROM my_inbox i JOIN note n ON i.id = n.id',
  "SELECT n.* FROM my_inbox i JOIN note n ON i.id = n.id WHERE i.title = 't'",
];

const calls: fc.Arbitrary<readonly [string, string]> = fc.oneof(
  fc.tuple(fc.constantFrom('a', 'b'), fc.integer({ min: 0, max: 3 })).map(([player, points]) => {
    return ['add_score', JSON.stringify([player, points])] as const;
  }),
  fc.tuple(fc.constantFrom('a', 'b'), fc.integer({ min: 0, max: 3 })).map(([player, points]) => {
    return ['remove_score', JSON.stringify([player, points])] as const;
  }),
  fc.integer({ min: 0, max: 4 }).map((first) => ['spawn', JSON.stringify([first, 2])] as const),
  fc.integer({ min: 0, max: 4 }).map((first) => ['despawn', JSON.stringify([first, 2])] as const),
  fc.integer({ min: 0, max: 4 }).map((first) => ['move_many', JSON.stringify([first, 3, 1])] as const),
  fc.integer({ min: 0, max: 4 }).map((room) => ['say', JSON.stringify([room, 'x'])] as const),
  fc.integer({ min: 0, max: 3 }).map((id) => ['create_note', JSON.stringify([id, 'inbox', 't', 'b', []])] as const),
  fc.integer({ min: 0, max: 3 }).map((id) => ['delete_note', JSON.stringify([id])] as const),
  fc.constant(['archive_folder', '["inbox"]'] as const),
);

type Step =
  | { readonly kind: 'subscribe'; readonly set: number; readonly queries: readonly string[] }
  | { readonly kind: 'unsubscribe'; readonly set: number }
  | { readonly kind: 'call'; readonly reducer: string; readonly args: string };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('subscribe' as const),
    set: fc.integer({ min: 1, max: 3 }),
    queries: fc.array(fc.constantFrom(...queries), { maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant('unsubscribe' as const), set: fc.integer({ min: 1, max: 3 }) }),
  calls.map(([reducer, args]) => ({ kind: 'call' as const, reducer, args })),
  calls.map(([reducer, args]) => ({ kind: 'call' as const, reducer, args })),
);

/** Takes a step; the result is what came of it and what should have. */
function take(
  step: Step,
  client: CountingClient,
  subscriptions: Subscriptions,
  { call }: TestDatabase,
): readonly [came: unknown, due: unknown] {
  const set = step.kind === 'call' ? undefined : client.sets.get(step.set);
  switch (step.kind) {
    case 'call':
      call(step.reducer, step.args, client);
      return [undefined, undefined];
    case 'subscribe': {
      const came = attempt(() => subscriptions.subscribe(client, step.set, step.queries));
      if (set !== undefined) return [came, 'refused'];
      if (came !== 'refused') client.sets.set(step.set, { queries: new Set(step.queries), held: bagOf(came) });
      return [came === 'refused', false];
    }
    case 'unsubscribe': {
      const came = attempt(() => subscriptions.unsubscribe(client, step.set, true) ?? []);
      client.sets.delete(step.set);
      return [came === 'refused' ? came : bagOf(came), set?.held ?? 'refused'];
    }
  }
}

function attempt<T>(run: () => T): T | 'refused' {
  try {
    return run();
  } catch (error) {
    if (error instanceof SubscriptionRefusal) return 'refused';
    throw error;
  }
}

test('what a client counts from snapshots and changes is what its queries answer', async () => {
  const steps = fc.array(fc.record({ who: fc.constantFrom('ann', 'bob'), step }), { minLength: 1, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      const fixture = await openTestDatabase();
      const subscriptions = new Subscriptions(fixture.database);
      const clients = { ann: new CountingClient(ann), bob: new CountingClient(bob) };
      for (const { who, step } of taken) {
        const [came, due] = take(step, clients[who], subscriptions, fixture);
        expect(came).toEqual(due);
        for (const { identity, sets } of Object.values(clients)) {
          for (const set of sets.values()) {
            const answers = [...set.queries].map((sql) => subscriptions.query(identity, sql));
            expect(set.held).toEqual(bagOf(answers));
          }
        }
      }
      fixture.database.close();
    }),
    propertyOptions(40),
  );
});
