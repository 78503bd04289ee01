import { SpacetimeDbClient, tables } from '#bindings';
import { InMemoryOfflineStorage, OptimisticChange } from 'spacetimedb-signals';
import { same, soon } from './check.ts';
import { type Step } from './run-steps.ts';
import { countRuns, draft, type Place, type Stage } from './stage.ts';

const many = 5000;

/** Writes that show before the server has them, with and without a connection, and many rows at once. */
export function writes({ alice, bob }: Stage, place: Place): readonly Step[] {
  return [
    {
      title: 'before the server',
      show: async () => {
        await alice.reducers.createNote(draft(30n, 'Optimism'));
        const note = alice.note.find(30n) ?? never();
        const bodies: (string | undefined)[] = [];
        const runs = countRuns(() => bodies.push(alice.note.row(30n).value?.body));
        const optimisticChanges = [OptimisticChange.updateRow(alice.note, note, { ...note, body: 'at once' })];
        const call = alice.reducers.overwriteNote({ id: 30n, body: 'at once' }, { optimisticChanges });
        same('the body, and whether it is pending', [alice.note.find(30n)?.body, isPending(alice)], ['at once', true]);
        await call;
        runs.stop();
        same('whether it is still pending', isPending(alice), false);
        same('what the effect saw', bodies, ['', 'at once']);
        return 'a call that says what it expects: the note showed it at once, and the answer confirmed it without a second run of the effect';
      },
    },
    {
      title: 'without a connection',
      show: async () => {
        await using carol = await SpacetimeDbClient.create({ ...place, offlineStorage: new InMemoryOfflineStorage() });
        await carol.connect({ initialSubscriptions: tables.note });
        await carol.disconnect();
        const result = await carol.reducers.createNote(draft(31n, 'From a tunnel'));
        same('the result, and the queue', [result.status, carol.syncState.value.pendingCount], ['pending', 1]);
        same('what bob sees', bob.note.find(31n), undefined);
        await carol.connect();
        same('what came of it', (await result.settled).status, 'committed');
        await soon('bob sees it', bob.note.row(31n), (note) => note !== undefined);
        return 'carol writes offline: the call is pending and waits in her store; with the connection it is sent, and bob sees the note';
      },
    },
    {
      title: 'five thousand rows',
      show: async () => {
        await alice.reducers.spawn({ firstId: 1, count: many });
        const signals = Array.from({ length: many }, (_, index) => alice.entity.row(index + 1));
        const before = signals.map((row) => row.peek());
        await alice.reducers.moveMany({ firstId: 1, count: many / 2, step: 5 });
        const changed = signals.filter((row, index) => row.peek() !== before[index]);
        same('how many are other objects', changed.length, many / 2);
        await alice.reducers.despawn({ firstId: 1, count: many });
        return `one transaction moves ${many / 2} of ${many} rows: a frame that looks at each with peek() finds ${changed.length} other objects, and the rest are the same`;
      },
    },
  ];
}

function isPending({ note }: SpacetimeDbClient): boolean {
  return note.pending.value.has(30n);
}

function never(): never {
  throw new Error('the steps before this one did not run');
}
