import { type SpacetimeDbClient } from '#bindings';
import { computed } from 'spacetimedb-signals';
import { element, find, onSubmit, showProblem } from './dom.ts';
import { watch } from './figures.ts';
import { type Item, showList } from './keyed-list.ts';
import { isMe, nameOf } from './people.ts';

/** The subscribed notes, newest first, and the form for a new one. */
export function showNotes(client: SpacetimeDbClient): void {
  const newestFirst = computed(() =>
    [...client.note.rows.value].sort((a, b) => Number(b.createdAt.micros - a.createdAt.micros)).map(({ id }) => id),
  );
  showList(find('#notes', HTMLUListElement), newestFirst, (id) => noteItem(client, id));
  onSubmit(find('#note-form', HTMLFormElement), (title) =>
    client.reducers.createNote({ id: newId(), folder: 'inbox', title, body: '', tags: [] }),
  );
}

/** One note. Its effect runs when this row changes, or the name of its owner, and for no other. */
function noteItem(client: SpacetimeDbClient, id: bigint): Item {
  const title = element('strong');
  const body = element('p');
  const owner = element('small');
  const remove = element('button', '×');
  remove.type = 'button';
  remove.title = 'Delete this note';
  remove.addEventListener('click', () => {
    client.reducers.deleteNote({ id }).catch(showProblem);
  });
  const item = element('li', title, body, owner, remove);
  const stop = watch(() => {
    const note = client.note.row(id).value;
    if (note === undefined) return;
    title.textContent = note.title;
    body.textContent = note.body;
    owner.textContent = nameOf(client, note.owner);
    item.classList.toggle('mine', isMe(client, note.owner));
  });
  return { element: item, stop };
}

/** The module lets clients choose the ids of notes: 63 random bits. */
function newId(): bigint {
  const [random = 0n] = crypto.getRandomValues(new BigUint64Array(1));
  return random >> 1n;
}
