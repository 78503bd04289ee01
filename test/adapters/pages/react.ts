import {
  Component,
  createElement as h,
  type ReactElement,
  type ReactNode,
  StrictMode,
  Suspense,
  useState,
} from 'react';
import { createRoot } from 'react-dom/client';
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
import {
  addNote,
  dashboardText,
  firstIds,
  messagesText,
  notesText,
  type Part,
  queryOf,
  room,
  serveApp,
  type World,
} from './page.ts';

interface InWorld {
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
  const ids = useComputedValue(() => firstIds(entity.rows.value), [entity], sameItems);
  return h(
    'ul',
    {},
    ids.map((id) => h(Entity, { key: id, world, id })),
  );
}

function Dashboard({ world }: InWorld): ReactElement {
  const { client } = world;
  const identity = useSignalValue(client.identity);
  const text = dashboardText({
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

function Messages({ world, suspense = false }: InWorld & { readonly suspense?: boolean }): ReactElement {
  const { client, query, lingerMs } = world;
  const { isReady, error } = useSubscription(client, [query], { lingerMs, suspense });
  const messages = useRows(client.message.room, room);
  const text = messagesText(
    isReady,
    error,
    messages.map((message) => message.text),
  );
  world.rendered('messages', text);
  return h('p', { id: 'messages' }, text);
}

function Keyed({ world }: InWorld): ReactElement {
  const [id, setId] = useState<number>();
  useSubscription(world.client, queryOf(id), { lingerMs: 0 });
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
    h('button', { id: 'hello', onClick: () => void call({ room, text: 'hello' }) }),
    h('button', { id: 'nothing', onClick: () => void call({ room, text: '' }) }),
    h('output', {}, text),
  );
}

function Notes({ world }: InWorld): ReactElement {
  const { client } = world;
  const add = useCall(() => addNote(client, world.noteId, 'added'));
  const text = notesText(useSyncState(client).pendingCount, add.isQueued, useRows(client.note));
  world.rendered('notes', text);
  return h('button', { id: 'notes', onClick: () => void add.call() }, text);
}

class Boundary extends Component<{ readonly children?: ReactNode }, { readonly error?: Error }> {
  override state: { readonly error?: Error } = {};

  static getDerivedStateFromError(error: Error): { readonly error: Error } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    return error === undefined ? this.props.children : h('p', { id: 'failed' }, error.message);
  }
}

/** Notes down every time that React begins. */
function Waiting({ world }: InWorld): ReactElement {
  world.rendered('attempt');
  return Messages({ world, suspense: true });
}

function Suspended({ world }: InWorld): ReactElement {
  const fallback = h('p', { id: 'fallback' });
  return h(Boundary, {}, h(Suspense, { fallback }, h(Waiting, { world })));
}

const parts: Readonly<Record<Part, (props: InWorld) => ReactElement>> = {
  entities: Entities,
  dashboard: Dashboard,
  messages: Messages,
  keyed: Keyed,
  say: Say,
  notes: Notes,
  suspense: Suspended,
};

serveApp((part, element, world, isStrict) => {
  const root = createRoot(element);
  const app = h(parts[part], { world });
  root.render(isStrict ? h(StrictMode, {}, app) : app);
  return () => root.unmount();
});
