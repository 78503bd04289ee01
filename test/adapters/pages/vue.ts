import { type Component, createApp, defineComponent, h, ref } from 'vue';
import {
  useCall,
  useConnectionState,
  useReady,
  useRow,
  useRows,
  useSignalValue,
  useSubscription,
  useSyncState,
} from 'spacetimedb-signals/vue';
import { type Item, itemText } from './churn.ts';
import { type Parts, serveApp, type World } from './page.ts';
import * as shown from './shown.ts';

const Entity = defineComponent(
  ({ world, id }: { world: World; id: number }) => {
    const row = useRow(world.client.entity, id);
    return () => {
      world.rendered(`entity ${id}`);
      return h('li', { id: `e${id}` }, String(row.value?.position.x));
    };
  },
  { props: ['world', 'id'] },
);

function entities(world: World): Component {
  return () => {
    world.rendered('entities');
    return h(
      'ul',
      shown.entityIds.map((id) => h(Entity, { key: id, world, id })),
    );
  };
}

function dashboard(world: World): Component {
  return defineComponent(() => {
    const { client } = world;
    const status = useConnectionState(client);
    const identity = useSignalValue(client.identity);
    const notes = useRows(client.note);
    const inbox = useRows(client.note.byOwnerFolder, () => identity.value && [identity.value, 'inbox']);
    const scores = useRows(client.score);
    const lobby = useRows(client.message.room, 0);
    const first = useRow(client.entity, 1);
    const second = useRow(client.entity.entityId, ref(2));
    return () => {
      const text = shown.dashboardText({
        status: status.value.status,
        notes: notes.value,
        inbox: inbox.value,
        scores: scores.value.length,
        lobby: lobby.value.length,
        x: first.value?.position.x,
        y: second.value?.position.y,
        folders: [...new Set(notes.value.map((note) => note.folder))].join(),
      });
      world.rendered('dashboard', text);
      return h('p', { id: 'dashboard' }, text);
    };
  });
}

function messages(world: World): Component {
  return defineComponent(() => {
    const { client, query, lingerMs } = world;
    const { isReady, error } = useSubscription(client, [query], { lingerMs });
    const rows = useRows(client.message.room, shown.room);
    return () => {
      const texts = rows.value.map((message) => message.text);
      const text = shown.messagesText(isReady.value, error.value, texts);
      world.rendered('messages', text);
      return h('p', { id: 'messages' }, text);
    };
  });
}

function keyed(world: World): Component {
  return defineComponent(() => {
    const id = ref<number>();
    useSubscription(world.client, () => shown.queryOf(id.value), { lingerMs: 0 });
    const row = useRow(world.client.entity, id);
    return () => {
      const text = `${id.value}: ${row.value?.position.x}`;
      world.rendered('keyed', text);
      return h('button', { id: 'keyed', onClick: () => (id.value = (id.value ?? 0) + 1) }, text);
    };
  });
}

function say(world: World): Component {
  return defineComponent(() => {
    const { client } = world;
    const { call, isPending, error, result } = useCall(client.reducers.say);
    const isReady = useReady(client.message);
    return () => {
      const came = `${error.value?.message} ${result.value?.status} ${isReady.value}`;
      const text = `${isPending.value ? 'pending' : 'idle'} ${came}`;
      world.rendered('say', text);
      return h('p', { id: 'say' }, [
        h('button', { id: 'hello', onClick: () => void call({ room: shown.room, text: 'hello' }) }),
        h('button', { id: 'nothing', onClick: () => void call({ room: shown.room, text: '' }) }),
        h('output', text),
      ]);
    };
  });
}

function notes(world: World): Component {
  return defineComponent(() => {
    const { client } = world;
    const { call, isQueued } = useCall(() => shown.addNote(client, world.noteId, 'added'));
    const sync = useSyncState(client);
    const rows = useRows(client.note);
    return () => {
      const text = shown.notesText(sync.value.pendingCount, isQueued.value, rows.value);
      world.rendered('notes', text);
      return h('button', { id: 'notes', onClick: () => void call() }, text);
    };
  });
}

const Leaf = defineComponent(
  (props: { world: World; item: Item }) => {
    const { client } = props.world;
    const { isReady } = useSubscription(client, () => props.item.query, { lingerMs: 0 });
    const row = useRow(client.entity, () => props.item.key);
    const rows = useRows(client.entity.entityId, () => props.item.key);
    return () =>
      h('li', { id: `i${props.item.id}` }, itemText(row.value?.position.x, rows.value.length, isReady.value));
  },
  { props: ['world', 'item'] },
);

function tree(world: World): Component {
  return defineComponent(() => {
    const items = useSignalValue(world.items);
    return () =>
      h(
        'ul',
        { id: 'tree' },
        items.value.map((item) => h(Leaf, { key: item.id, world, item })),
      );
  });
}

const parts: Parts<(world: World) => Component> = {
  entities,
  dashboard,
  messages,
  keyed,
  say,
  notes,
  tree,
};

serveApp(parts, (component, element, world) => {
  const app = createApp(component(world));
  app.mount(element);
  return () => app.unmount();
});
