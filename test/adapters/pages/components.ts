import { createElement as h, type ReactElement, useState } from 'react';
import {
  sameItems,
  useCall,
  useComputedValue,
  useConnectionState,
  useReady,
  useRow,
  useRows,
  useSignalValue,
  useSubscription,
  useSyncState,
} from 'spacetimedb-signals/react';
import { type Item, itemText } from './churn.ts';
import { type Parts, type World } from './page.ts';
import * as shown from './shown.ts';

/** What every component gets. */
export interface InWorld {
  readonly world: World;
}

function Entity({ world, id }: InWorld & { readonly id: number }): ReactElement {
  world.rendered(`entity ${id}`);
  const entity = useRow(world.client.entity, id);
  return h('li', { id: `e${id}` }, String(entity?.position.x));
}

function Entities({ world }: InWorld): ReactElement {
  world.rendered('entities');
  const { entity } = world.client;
  const ids = useComputedValue(() => shown.firstIds(entity.rows.value), [entity], sameItems);
  return h(
    'ul',
    {},
    ids.map((id) => h(Entity, { key: id, world, id })),
  );
}

function Dashboard({ world }: InWorld): ReactElement {
  const { client } = world;
  const identity = useSignalValue(client.identity);
  const text = shown.dashboardText({
    status: useConnectionState(client).status,
    notes: useRows(client.note),
    inbox: useRows(client.note.byOwnerFolder, identity && [identity, 'inbox']),
    scores: useRows(client.score).length,
    lobby: useRows(client.message.room, 0).length,
    x: useRow(client.entity, 1)?.position.x,
    y: useRow(client.entity.entityId, 2)?.position.y,
    folders: useComputedValue(
      () => [...new Set(client.note.rows.value.map((note) => note.folder))],
      [client],
      sameItems,
    ).join(),
  });
  world.rendered('dashboard', text);
  return h('p', { id: 'dashboard' }, text);
}

export function Messages({ world, suspense = false }: InWorld & { readonly suspense?: boolean }): ReactElement {
  const { client, query, lingerMs } = world;
  const { isReady, error } = useSubscription(client, [query], { lingerMs, suspense });
  const messages = useRows(client.message.room, shown.room);
  const text = shown.messagesText(
    isReady,
    error,
    messages.map((message) => message.text),
  );
  world.rendered('messages', text);
  return h('p', { id: 'messages' }, text);
}

function Keyed({ world }: InWorld): ReactElement {
  const [id, setId] = useState<number>();
  useSubscription(world.client, shown.queryOf(id), { lingerMs: 0 });
  const text = `${id}: ${useRow(world.client.entity, id)?.position.x}`;
  world.rendered('keyed', text);
  return h('button', { id: 'keyed', onClick: () => setId((id ?? 0) + 1) }, text);
}

function Say({ world }: InWorld): ReactElement {
  const { client } = world;
  const { call, isPending, error, result } = useCall(client.reducers.say);
  const text = `${isPending ? 'pending' : 'idle'} ${error?.message} ${result?.status} ${useReady(client.message)}`;
  world.rendered('say', text);
  return h(
    'p',
    { id: 'say' },
    h('button', { id: 'hello', onClick: () => void call({ room: shown.room, text: 'hello' }) }),
    h('button', { id: 'nothing', onClick: () => void call({ room: shown.room, text: '' }) }),
    h('output', {}, text),
  );
}

function Notes({ world }: InWorld): ReactElement {
  const { client } = world;
  const add = useCall(() => shown.addNote(client, world.noteId, 'added'));
  const text = shown.notesText(useSyncState(client).pendingCount, add.isQueued, useRows(client.note));
  world.rendered('notes', text);
  return h('button', { id: 'notes', onClick: () => void add.call() }, text);
}

function Leaf({ world, item }: InWorld & { readonly item: Item }): ReactElement {
  const { client } = world;
  const { isReady } = useSubscription(client, item.query, { lingerMs: 0 });
  const row = useRow(client.entity, item.key);
  const rows = useRows(client.entity.entityId, item.key);
  return h('li', { id: `i${item.id}` }, itemText(row?.position.x, rows.length, isReady));
}

function Tree({ world }: InWorld): ReactElement {
  const items = useSignalValue(world.items);
  return h(
    'ul',
    { id: 'tree' },
    items.map((item) => h(Leaf, { key: item.id, world, item })),
  );
}

/** The app in React; in Preact too, which stands here for `react` then. */
export const parts: Parts<(props: InWorld) => ReactElement> = {
  entities: Entities,
  dashboard: Dashboard,
  messages: Messages,
  keyed: Keyed,
  say: Say,
  notes: Notes,
  tree: Tree,
};
