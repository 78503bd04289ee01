import { same, soon } from './check.ts';
import { type Step } from './run-steps.ts';
import { countRuns, draft, type Stage } from './stage.ts';

const somewhere = { x: 1, y: 2, z: 3 };

/** Tables, rows, indexes and views as signals. */
export function signals({ alice, bob }: Stage): readonly Step[] {
  return [
    {
      title: 'rows is a signal',
      show: async () => {
        const rows = alice.note.rows.value;
        const runs = countRuns(() => alice.note.rows.value);
        await Promise.all([5n, 6n, 7n].map((id) => alice.reducers.createNote(draft(id, `Note ${id}`))));
        runs.stop();
        same('the runs', runs.runs, 3);
        same('whether an untouched row is the same object', alice.note.rows.value.includes(rows[0] ?? never()), true);
        return 'three calls at once are three transactions: an effect over note.rows ran 3 times, untouched rows stayed the same objects';
      },
    },
    {
      title: 'a row is a signal',
      show: async () => {
        await alice.reducers.spawn({ firstId: 1, count: 200 });
        const runs = countRuns(() => alice.entity.row(7).value);
        await alice.reducers.moveEntity({ entityId: 8, position: somewhere });
        same('the runs when another row moves', runs.runs, 0);
        await alice.reducers.moveMany({ firstId: 1, count: 200, step: 5 });
        runs.stop();
        same('the runs when all rows move', runs.runs, 1);
        same('where it is', alice.entity.find(7)?.position.x, 12);
        return 'entity.row(7): its effect slept while 8 moved, and ran once when one transaction moved all 200';
      },
    },
    {
      title: 'an index look-up',
      show: async () => {
        const me = alice.identity.value ?? never();
        const drafts = alice.note.byOwnerFolder.rows([me, 'drafts']);
        const runs = countRuns(() => drafts.value);
        await alice.reducers.createNote({ ...draft(8n, 'Elsewhere'), folder: 'inbox' });
        same('the runs for another folder', runs.runs, 0);
        await alice.reducers.createNote(draft(9n, 'Here'));
        runs.stop();
        same('the runs for this folder', runs.runs, 1);
        same('the notes of alice', alice.note.byOwnerFolder.filter([me]).length, 5);
        return `note.byOwnerFolder: ${drafts.value.length} drafts as a signal that slept while a note went to another folder; a prefix of the index works too`;
      },
    },
    {
      title: 'a view of one row',
      show: async () => {
        await alice.reducers.setName({ name: 'Alice' });
        await bob.reducers.setName({ name: 'Bob' });
        const names = [alice, bob].map(({ me }) => me.value?.name);
        same('the names', names, ['Alice', 'Bob']);
        return `client.me is a signal of the caller's own row: ${names.join(' here, ')} there`;
      },
    },
    {
      title: 'a view of many rows',
      show: async () => {
        await bob.reducers.createNote({ ...draft(10n, 'Call Alice'), folder: 'inbox' });
        await soon('alice has the note', alice.note.row(10n), (note) => note !== undefined);
        const inboxes = [alice, bob].map(({ myInbox }) => myInbox.rows.value.map(({ title }) => title));
        same('the inboxes', inboxes, [['Elsewhere'], ['Call Alice']]);
        for (const { id } of alice.note.rows.value) await alice.reducers.deleteNote({ id });
        await soon("bob's empty inbox", bob.myInbox.rows, (notes) => notes.length === 0);
        return 'my_inbox, computed by the module for whoever asks: alice and bob see different rows of the same view, live';
      },
    },
  ];
}

function never(): never {
  throw new Error('the steps before this one did not run');
}
