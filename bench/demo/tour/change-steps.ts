import { ReducerError } from 'spacetimedb-signals';
import { failure, same, soon } from './check.ts';
import { type Step } from './run-steps.ts';
import { countRuns, draft, nextInsert, type Stage } from './stage.ts';

/** Who changed what, and how a call ends. */
export function changes({ alice, bob }: Stage): readonly Step[] {
  return [
    {
      title: 'my own change',
      show: async () => {
        const inserted = nextInsert(alice.note);
        await alice.reducers.createNote(draft(1n, 'Milk'));
        const { row, context } = await inserted;
        same('isMyTransaction', context.isMyTransaction, true);
        same('the reducer', context.event.kind === 'reducer' ? context.event.reducer : context.event, 'create_note');
        return `alice calls createNote: her listener hears "${row.title}" with isMyTransaction: true and the name of the reducer`;
      },
    },
    {
      title: "somebody else's change",
      show: async () => {
        const inserted = nextInsert(alice.note);
        await bob.reducers.createNote(draft(2n, 'Bread'));
        const { row, context } = await inserted;
        same('isMyTransaction', context.isMyTransaction, false);
        same('the event', context.event, { kind: 'unknownTransaction' });
        return `bob does the same: alice hears "${row.title}" with isMyTransaction: false; whose it was the protocol does not tell`;
      },
    },
    {
      title: 'the result of a call',
      show: async () => {
        const heard: string[] = [];
        const stops = [
          alice.reducers.onUpdateNote((_, { id }) => heard.push(`alice ${id}`)),
          bob.reducers.onUpdateNote((_, { id }) => heard.push(`bob ${id}`)),
        ];
        const result = await alice.reducers.updateNote({ id: 1n, title: '  Oat milk ', body: '' });
        same('the status', result.status, 'committed');
        same('the title, already', alice.note.find(1n)?.title, 'Oat milk');
        await soon("bob's title", bob.note.row(1n), (note) => note?.title === 'Oat milk');
        for (const stop of stops) stop();
        same('who heard onUpdateNote', heard, ['alice 1']);
        return `when await returns, the rows are here ("Oat milk": the module trims); onUpdateNote is heard by the caller alone`;
      },
    },
    {
      title: 'a failing reducer',
      show: async () => {
        const error = await failure('an empty title', alice.reducers.createNote(draft(3n, '')), ReducerError);
        same(
          'the error',
          [error.reducer, error.status, error.message],
          ['create_note', 'failed', 'a note needs a title'],
        );
        same('the notes', alice.note.count(), 2);
        return `a note without a title: ReducerError "${error.message}", and nothing has changed`;
      },
    },
    {
      title: 'rolled back',
      show: async () => {
        const runs = countRuns(() => alice.score.rows.value);
        const error = await failure('write_then_fail', alice.reducers.writeThenFail({ player: 'ada' }), ReducerError);
        runs.stop();
        same('the error', error.message, 'rolled back');
        same('the scores and the runs of their effect', [alice.score.count(), runs.runs], [0, 0]);
        return 'a reducer that writes and then fails: nobody ever sees what it wrote';
      },
    },
    {
      title: 'a reducer that panics',
      show: async () => {
        const error = await failure('a panic', alice.reducers.panicWith({ message: 'oh' }), ReducerError);
        same('the status', error.status, 'internalError');
        same('the connection', alice.connection.state.value.status, 'connected');
        return `the same error class with status ${error.status}; the server does not tell the text, and goes on`;
      },
    },
    {
      title: 'three tables, one step',
      show: async () => {
        await alice.reducers.createNote(draft(4n, 'Butter'));
        await soon('bob has it', bob.note.row(4n), (note) => note !== undefined);
        const seen: number[][] = [];
        const inside: number[] = [];
        const stop = bob.note.onDelete(() => inside.push(bob.score.count()));
        const runs = countRuns(() => seen.push([bob.note.count(), bob.score.count(), bob.message.count()]));
        await alice.reducers.archiveFolder({ folder: 'drafts' });
        await soon('bob sees the message', bob.lobby.rows, (messages) => messages.length === 1);
        runs.stop();
        stop();
        same('what the effect of bob saw: notes, scores, messages', seen, [
          [3, 0, 0],
          [1, 1, 1],
        ]);
        same('the scores inside onDelete', inside, [1, 1]);
        return `archive_folder deletes 2 notes, adds a score and a message: bob's effect over the three tables ran ${runs.runs === 1 ? 'once' : 'too often'}`;
      },
    },
    {
      title: 'an event table',
      show: async () => {
        const heard: string[] = [];
        const stop = bob.chatEvent.onInsert(({ row }) => heard.push(row.what));
        await alice.reducers.announce({ room: 1, what: ['knock', 'who is there?'] });
        await soon('bob hears it', bob.chatEvent.lastBatch, (batch) => batch?.events.length === 2);
        stop();
        same('what bob heard', heard, ['knock', 'who is there?']);
        same('the rows on the server', await bob.subscriptions.oneOffQuery('SELECT * FROM chat_event'), []);
        return `rows that are announced and never stored: bob heard ${heard.join(', ')}, and the table is empty`;
      },
    },
  ];
}
