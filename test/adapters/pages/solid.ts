import { createMemo, createSignal, For, type JSX } from 'solid-js';
import h from 'solid-js/h';
import { render } from 'solid-js/web';
import {
  useCall,
  useConnectionState,
  useReady,
  useRow,
  useRows,
  useSignalValue,
  useSubscription,
  useSyncState,
  wrapCommit,
} from 'spacetimedb-signals/solid';
import { itemText } from './churn.ts';
import { type Parts, serveApp, type World } from './page.ts';
import * as shown from './shown.ts';

/** What `h` makes: an element is made where it is put. */
type Made = () => JSX.Element;

function entity(world: World, id: number): Made {
  const row = useRow(world.client.entity, id);
  return h('li', { id: `e${id}` }, () => {
    world.rendered(`entity ${id}`);
    return String(row()?.position.x);
  });
}

function entities(world: World): Made {
  world.rendered('entities');
  return h(
    'ul',
    {},
    h(For, { each: shown.entityIds }, (id: number) => entity(world, id)),
  );
}

function dashboard(world: World): Made {
  const { client } = world;
  const status = useConnectionState(client);
  const identity = useSignalValue(client.identity);
  const notes = useRows(client.note);
  const inbox = useRows(client.note.byOwnerFolder, () => {
    const owner = identity();
    return owner && [owner, 'inbox'];
  });
  const scores = useRows(client.score);
  const lobby = useRows(client.message.room, 0);
  const first = useRow(client.entity, 1);
  const second = useRow(client.entity.entityId, () => 2);
  return h('p', { id: 'dashboard' }, () => {
    const text = shown.dashboardText({
      status: status().status,
      notes: notes(),
      inbox: inbox(),
      scores: scores().length,
      lobby: lobby().length,
      x: first()?.position.x,
      y: second()?.position.y,
      folders: [...new Set(notes().map((note) => note.folder))].join(),
    });
    world.rendered('dashboard', text);
    return text;
  });
}

function messages(world: World): Made {
  const { client, query, lingerMs } = world;
  const subscription = useSubscription(client, () => [query], { lingerMs });
  const rows = useRows(client.message.room, shown.room);
  return h('p', { id: 'messages' }, () => {
    const texts = rows().map((message) => message.text);
    const text = shown.messagesText(subscription.isReady, subscription.error, texts);
    world.rendered('messages', text);
    return text;
  });
}

function keyed(world: World): Made {
  const [id, setId] = createSignal<number>();
  useSubscription(world.client, () => shown.queryOf(id()), { lingerMs: 0 });
  const row = useRow(world.client.entity, id);
  return h('button', { id: 'keyed', onClick: () => setId((id() ?? 0) + 1) }, () => {
    const text = `${id()}: ${row()?.position.x}`;
    world.rendered('keyed', text);
    return text;
  });
}

function say(world: World): Made {
  const { client } = world;
  const said = useCall(client.reducers.say);
  const isReady = useReady(client.message);
  return h(
    'p',
    { id: 'say' },
    h('button', { id: 'hello', onClick: () => void said.call({ room: shown.room, text: 'hello' }) }),
    h('button', { id: 'nothing', onClick: () => void said.call({ room: shown.room, text: '' }) }),
    h('output', {}, () => {
      const { isPending, error, result } = said;
      const text = `${isPending ? 'pending' : 'idle'} ${error?.message} ${result?.status} ${isReady()}`;
      world.rendered('say', text);
      return text;
    }),
  );
}

function notes(world: World): Made {
  const { client } = world;
  const add = useCall(() => shown.addNote(client, world.noteId, 'added'));
  const sync = useSyncState(client);
  const rows = useRows(client.note);
  return h('button', { id: 'notes', onClick: () => void add.call() }, () => {
    const text = shown.notesText(sync().pendingCount, add.isQueued, rows());
    world.rendered('notes', text);
    return text;
  });
}

/** `For` makes a component for each id, and keeps it, whatever the item is at the time: its element is made here, as compiled JSX does. */
function leaf(world: World, id: number): Made {
  const { client } = world;
  const items = useSignalValue(world.items);
  const item = createMemo(() => items().find((each) => each.id === id));
  const subscription = useSubscription(client, () => item()?.query, { lingerMs: 0 });
  const row = useRow(client.entity, () => item()?.key);
  const rows = useRows(client.entity.entityId, () => item()?.key);
  return h('li', { id: `i${id}` }, () => itemText(row()?.position.x, rows().length, subscription.isReady));
}

function tree(world: World): Made {
  const items = useSignalValue(world.items);
  return h(
    'ul',
    { id: 'tree' },
    h(For, { each: () => items().map(({ id }) => id) }, (id: number) => leaf(world, id)()),
  );
}

const parts: Parts<(world: World) => Made> = {
  entities,
  dashboard,
  messages,
  keyed,
  say,
  notes,
  tree,
};

serveApp(
  parts,
  (component, element, world) => {
    return render(() => component(world)(), element);
  },
  wrapCommit,
);
