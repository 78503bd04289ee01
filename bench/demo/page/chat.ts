import { type SpacetimeDbClient } from '#bindings';
import { computed } from 'spacetimedb-signals';
import { element, find, onSubmit } from './dom.ts';
import { watch } from './figures.ts';
import { type Item, showList } from './keyed-list.ts';
import { isMe, nameOf } from './people.ts';

/** The room that the page chats in. */
export const chatRoom = 1;

const shownMessages = 100;

/** The messages of a room, who is typing, and the form for a new message. */
export function showChat(client: SpacetimeDbClient): void {
  const list = find('#messages', HTMLOListElement);
  const form = find('#chat-form', HTMLFormElement);
  // An index look-up as a signal: it changes when a row of this room does.
  const messages = client.message.room.rows(chatRoom);
  const latest = computed(() =>
    messages.value
      .map(({ id }) => id)
      .sort((a, b) => Number(a - b))
      .slice(-shownMessages),
  );
  showList(list, latest, (id) => messageItem(client, id));
  watch(() => {
    if (latest.value.length > 0) list.scrollTop = list.scrollHeight;
  });
  onSubmit(form, (text) => client.reducers.say({ room: chatRoom, text }));
  showWhoTypes(client, form);
}

function messageItem(client: SpacetimeDbClient, id: bigint): Item {
  const sender = element('small');
  const text = element('p');
  const item = element('li', sender, text);
  const stop = watch(() => {
    const message = client.message.row(id).value;
    if (message === undefined) return;
    const isMine = isMe(client, message.sender);
    sender.textContent = isMine ? 'you' : nameOf(client, message.sender);
    text.textContent = message.text;
    item.classList.toggle('mine', isMine);
  });
  return { element: item, stop };
}

/** Rows of an event table are announced and never stored: the right place for what is stale a moment later. */
function showWhoTypes(client: SpacetimeDbClient, form: HTMLFormElement): void {
  const typing = find('#typing', HTMLParagraphElement);
  let hiding: number | undefined;
  client.chatEvent.onInsert(({ row, context }) => {
    if (context.isMyTransaction) return;
    clearTimeout(hiding);
    typing.textContent = row.what === 'said' ? '' : row.what;
    hiding = setTimeout(() => (typing.textContent = ''), 2500);
  });

  let lastTold = 0;
  form.addEventListener('input', () => {
    const { value: me } = client.identity;
    if (me === undefined || performance.now() - lastTold < 1000) return;
    lastTold = performance.now();
    const what = [`${nameOf(client, me)} is typing …`];
    // Nobody misses it when it fails.
    client.reducers.announce({ room: chatRoom, what }).catch(() => undefined);
  });
}
