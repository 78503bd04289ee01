import { SubscriptionError } from 'spacetimedb-signals';
import { failure, same, soon } from './check.ts';
import { type Step } from './run-steps.ts';
import { draft, type Stage } from './stage.ts';

/** What can be asked of the server besides whole tables. */
export function queries({ alice, bob }: Stage): readonly Step[] {
  return [
    {
      title: 'a query, and its end',
      show: async () => {
        const left: string[] = [];
        const nearby = bob.subscriptions.subscribe('SELECT * FROM entity WHERE entity_id < 10');
        await nearby.applied;
        same('the entities of bob and of alice', [bob.entity.count(), alice.entity.count()], [9, 200]);
        const stop = bob.entity.onDelete(({ context }) => left.push(context.event.kind));
        await nearby.unsubscribe();
        stop();
        same(
          'the entities that left',
          left,
          Array.from({ length: 9 }, () => 'unsubscribeApplied'),
        );
        return 'bob subscribes to 9 of the 200 entities, ends it, and they leave with delete events';
      },
    },
    {
      title: 'a refused query',
      show: async () => {
        const handle = bob.subscriptions.subscribe('SELECT * FROM nobody');
        const error = await failure('an unknown table', handle.applied, SubscriptionError);
        same('whether it names the table', error.message.includes('nobody'), true);
        same('whether the other queries live', bob.subscriptions.ready.value, true);
        return `SubscriptionError "${error.message.split('\n')[0]}"; the other queries live on`;
      },
    },
    {
      title: 'a one-off query',
      show: async () => {
        const rows = await bob.subscriptions.oneOffQuery('SELECT * FROM entity WHERE entity_id = 7');
        same('the answer', rows, [alice.entity.find(7)]);
        same('the entities of bob', bob.entity.count(), 0);
        return 'asked once, answered once: the row is typed, and goes into no table';
      },
    },
    {
      title: 'a procedure',
      show: async () => {
        const sum = await alice.procedures.add({ left: 2n ** 53n, right: 1n });
        same('the sum', sum, 9_007_199_254_740_993n);
        return `add(2^53, 1) = ${sum}: it returns a value, and 64 bits are a bigint, so nothing is rounded`;
      },
    },
    {
      title: 'a schedule',
      show: async () => {
        const kinds = new Set<string>();
        const stop = alice.entity.onUpdate(({ context }) => kinds.add(context.event.kind));
        const start = alice.entity.find(1)?.position.x ?? Number.NaN;
        await alice.reducers.startTicking({ everyMs: 20n, step: 1 });
        await soon('three ticks', alice.entity.row(1), (row) => (row?.position.x ?? start) >= start + 3);
        await alice.reducers.stopTicking();
        stop();
        same('what caused the updates', [...kinds], ['unknownTransaction']);
        await alice.reducers.despawn({ firstId: 1, count: 200 });
        await alice.reducers.createNote(draft(20n, 'Still here'));
        return 'tick runs inside the server every 20 ms, and moves 200 entities in one step each time, with nobody calling';
      },
    },
  ];
}
