import { type Note } from '#bindings';
import { effect, OptimisticChange } from 'spacetimedb-signals';
import { type DemoWindow } from './demo-window.ts';
import { copyOfTemplate, find, showIn } from './dom.ts';
import { type Item } from './keyed-list.ts';
import { isMe, nameOf } from './people.ts';

/**
 * One note, as fields to write in. Every letter is a call, shown before the server has it: while calls are under way the row is the server's
 * with the pending changes on it, so the fields simply show the row, whatever comes back in between.
 */
export function noteItem({ client, report }: DemoWindow, id: bigint): Item {
  const element = copyOfTemplate('#note', HTMLLIElement);
  const title = find(element, 'input', HTMLInputElement);
  const body = find(element, 'textarea', HTMLTextAreaElement);
  const owner = find(element, '.owner', HTMLElement);
  const remove = find(element, 'button', HTMLButtonElement);

  // Runs when this row changes, or the name of its owner, and for no other.
  const stopRow = effect(() => {
    const note = client.note.row(id).value;
    if (note === undefined) return;
    showIn(title, note.title);
    showIn(body, note.body);
    title.readOnly = !isMe(client, note.owner);
    owner.textContent = nameOf(client, note.owner);
    remove.setAttribute('aria-label', `Delete the note ${note.title}`);
  });
  const stopPending = effect(() => {
    element.toggleAttribute('data-pending', client.note.pending.value.has(id));
  });

  const update = (note: Note, changed: Partial<Note>) => ({
    optimisticChanges: [OptimisticChange.updateRow(client.note, note, { ...note, ...changed })],
  });
  body.addEventListener('input', () => {
    const note = client.note.find(id);
    if (note === undefined) return;
    const { value } = body;
    client.reducers.overwriteNote({ id, body: value }, update(note, { body: value })).catch(report);
  });
  // Not at every letter: the module trims titles, and would take away the space that somebody has just typed.
  title.addEventListener('change', () => {
    const note = client.note.find(id);
    if (note === undefined) return;
    const { value } = title;
    client.reducers.updateNote({ id, title: value, body: note.body }, update(note, { title: value })).catch(report);
  });
  remove.addEventListener('click', () => {
    const note = client.note.find(id);
    if (note === undefined) return;
    const optimisticChanges = [OptimisticChange.deleteRow(client.note, note)];
    client.reducers.deleteNote({ id }, { optimisticChanges }).catch(report);
  });

  return {
    element,
    stop: () => {
      stopRow();
      stopPending();
    },
  };
}
