import { tables } from '#bindings';
import { type ConnectionState } from 'spacetimedb-signals';
import { same, soon } from './check.ts';
import { type Step } from './run-steps.ts';
import { countRuns, draft, type Stage } from './stage.ts';

/** From nothing to the first rows. */
export function beginning({ alice, bob }: Stage): readonly Step[] {
  return [
    {
      title: 'a client',
      show: () => {
        same('the state before connect()', alice.connection.state.value, { status: 'disconnected' });
        same('the rows before connect()', alice.note.rows.value, []);
        return 'SpacetimeDbClient.create() needs no network: its tables are there, empty, and can be watched already';
      },
    },
    {
      title: 'connect()',
      show: async () => {
        await alice.connect({ initialSubscriptions: Object.values(tables) });
        const { entity: _, ...allButEntity } = tables;
        await bob.connect({ initialSubscriptions: Object.values(allButEntity) });
        same('the states', [alice, bob].map(stateOf), ['connected', 'connected']);
        same('alice and bob as one', alice.identity.value?.equals(bob.identity.value ?? alice.identity.value), false);
        same('the protocol', alice.connection.negotiatedProtocol, 'v3');
        const [one, other] = [alice, bob].map((client) => client.identity.value?.toAbbreviated());
        return `two clients are connected over protocol v3: alice is ${one}, bob is ${other}`;
      },
    },
    {
      title: 'initial rows',
      show: async () => {
        const settings = alice.setting.rows.value.map(({ key, value }) => `${key}: ${value}`);
        same('the settings', settings, ['motd: Welcome']);
        await alice.note.subscribed;
        same('the notes', alice.note.count(), 0);
        await soon('alice sees both users', alice.user.rows, (users) => users.length === 2);
        return `connect() has waited for them: setting holds "${settings[0]}", user holds 2 rows; an empty table is answered too`;
      },
    },
  ];
}

/** A connection that breaks, and one that ends. */
export function ending({ alice, bob }: Stage): readonly Step[] {
  return [
    {
      title: 'a lost connection',
      show: async () => {
        const before = alice.note.count();
        same('whether there are notes', before > 0, true);
        const counts: number[] = [];
        const states: ConnectionState['status'][] = [];
        let deleted = 0;
        const stops = [
          alice.connection.onStateChanged(({ status }) => states.push(status)),
          alice.note.onDelete(() => (deleted += 1)),
          countRuns(() => counts.push(alice.note.count())).stop,
        ];
        alice.connection.reconnect();
        await bob.reducers.createNote(draft(90n, 'Written while alice was away'));
        await soon('alice has the new note', alice.note.row(90n), (note) => note !== undefined);
        for (const stop of stops) stop();
        same('the numbers of notes that alice saw', counts, [before, before + 1]);
        same('the notes that left', deleted, 0);
        same('the states', [...new Set(states)], ['reconnecting', 'connected']);
        return `alice's socket is dropped: ${states.join(', ')}; her rows stayed, and only what is new came as an event`;
      },
    },
    {
      title: 'goodbye',
      show: async () => {
        const { value: identity } = alice.identity;
        if (identity === undefined) throw new Error('alice has no identity');
        await bob.reducers.deleteNote({ id: 90n });
        await alice.dispose();
        same('the state', stateOf(alice), 'disconnected');
        await soon('bob sees alice leave', bob.user.row(identity), (user) => user?.online === false);
        return 'alice is disposed of, and bob sees her row change to online: false';
      },
    },
  ];
}

function stateOf({ connection }: Stage['alice']): ConnectionState['status'] {
  return connection.state.value.status;
}
