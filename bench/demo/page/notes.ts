import { computed, firstNonNull, OptimisticChange, Timestamp } from 'spacetimedb-signals';
import { type DemoWindow } from './demo-window.ts';
import { find, onSubmit } from './dom.ts';
import { showList } from './keyed-list.ts';
import { noteItem } from './note-item.ts';

/** The notes, newest first, and the form for a new one. */
export function showNotes(demoWindow: DemoWindow): void {
  const { client, element, report } = demoWindow;
  const newestFirst = computed(() =>
    [...client.note.rows.value].sort((a, b) => Number(b.createdAt.micros - a.createdAt.micros)).map(({ id }) => id),
  );
  const list = find(element, '.notes ul', HTMLUListElement);
  showList(list, newestFirst, (id) => noteItem(demoWindow, id));

  const add = async (title: string): Promise<void> => {
    const owner = await firstNonNull(client.identity);
    const draft = { id: newId(), folder: 'inbox', title, body: '', tags: [] };
    const note = { ...draft, owner, createdAt: Timestamp.now() };
    const optimisticChanges = [OptimisticChange.insertRow(client.note, note)];
    const created = client.reducers.createNote(draft, { optimisticChanges });
    // It is there already, at the top.
    list.scrollTop = 0;
    await created;
  };
  onSubmit(find(element, '.notes form', HTMLFormElement), add, report);
}

/** The module lets clients choose the ids of notes: 63 random bits. */
function newId(): bigint {
  const [random = 0n] = crypto.getRandomValues(new BigUint64Array(1));
  return random >> 1n;
}
