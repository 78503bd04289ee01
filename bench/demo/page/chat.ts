import { computed, effect, firstNonNull, nextOptimisticIntId, OptimisticChange, Timestamp } from 'spacetimedb-signals';
import { type DemoWindow } from './demo-window.ts';
import { copyOfTemplate, find, onSubmit } from './dom.ts';
import { type Item, showList } from './keyed-list.ts';
import { isMe, nameOf } from './people.ts';

/** The room that the page chats in. */
export const chatRoom = 1;

const shownMessages = 100;

/** The messages of a room, who is typing, and the form for a new message. */
export function showChat(demoWindow: DemoWindow): void {
  const { client, element, report } = demoWindow;
  const list = find(element, '.chat ol', HTMLOListElement);
  const form = find(element, '.chat form', HTMLFormElement);
  // An index look-up as a signal: it changes when a row of this room does.
  const messages = client.message.room.rows(chatRoom);
  const latest = computed(() =>
    messages.value
      .map(({ id }) => id)
      .sort((a, b) => (a < b ? -1 : 1))
      .slice(-shownMessages),
  );
  showList(list, latest, (id) => messageItem(demoWindow, id));
  effect(() => {
    if (latest.value.length > 0) list.scrollTop = list.scrollHeight;
  });

  const say = async (text: string): Promise<void> => {
    const sender = await firstNonNull(client.identity);
    // The server picks the id. Until it has, the message has a temporary one, and leaves in the step in which the real one comes.
    const message = { id: nextOptimisticIntId(client.message), room: chatRoom, sender, text, sent: Timestamp.now() };
    const optimisticChanges = [OptimisticChange.insertRow(client.message, message)];
    await client.reducers.say({ room: chatRoom, text }, { optimisticChanges });
  };
  onSubmit(form, say, report);
  showWhoTypes(demoWindow, form);
}

function messageItem({ client }: DemoWindow, id: bigint): Item {
  const element = copyOfTemplate('#message', HTMLLIElement);
  const sender = find(element, '.sender', HTMLElement);
  const text = find(element, '.text', HTMLElement);
  const stop = effect(() => {
    const message = client.message.row(id).value;
    if (message === undefined) return;
    const isMine = isMe(client, message.sender);
    sender.textContent = isMine ? 'you' : nameOf(client, message.sender);
    text.textContent = message.text;
    element.classList.toggle('mine', isMine);
    element.toggleAttribute('data-pending', client.message.pending.value.has(id));
  });
  return { element, stop };
}

/** Rows of an event table are announced and never stored: the right place for what is stale a moment later. */
function showWhoTypes({ client, element }: DemoWindow, form: HTMLFormElement): void {
  const typing = find(element, '.typing', HTMLParagraphElement);
  let hiding: number | undefined;
  client.chatEvent.onInsert(({ row, context }) => {
    if (context.isMyTransaction) return;
    clearTimeout(hiding);
    typing.textContent = row.what === 'said' ? '' : row.what;
    hiding = setTimeout(() => (typing.textContent = ''), 2500);
  });

  let lastTold = -Infinity;
  form.addEventListener('input', () => {
    const { value: me } = client.identity;
    if (me === undefined || performance.now() - lastTold < 1000) return;
    lastTold = performance.now();
    const what = [`${nameOf(client, me)} is typing …`];
    // Nobody misses it when it fails.
    client.reducers.announce({ room: chatRoom, what }, { dropIfOffline: true }).catch(() => undefined);
  });
}
