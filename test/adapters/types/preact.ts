import { type ReadonlySignal } from 'spacetimedb-signals';
import {
  useCall,
  useComputedValue,
  useConnectionState,
  useReady,
  useRow,
  useRows,
  useSignalValue,
  useSubscription,
  useSyncState,
} from 'spacetimedb-signals/preact';
import {
  type Entity,
  type Message,
  type Note,
  type SpacetimeDbClient,
  tables,
} from '../../generated/reference/index.ts';

/** What the compiler knows of the hooks; each line after `@ts-expect-error` must not compile. */
export function Component({ client, flag }: { client: SpacetimeDbClient; flag: ReadonlySignal<boolean> }): unknown {
  const notes: readonly Note[] = useRows(client.note);
  const lobby: readonly Message[] = useRows(client.lobby);
  const inRoom: readonly Message[] = useRows(client.message.room, 3);
  const identity = useSignalValue(client.identity);
  const inbox: readonly Note[] = useRows(client.note.byOwnerFolder, identity && [identity, 'inbox']);
  const entity: Entity | undefined = useRow(client.entity, 7);
  const sameEntity: Entity | undefined = useRow(client.entity.entityId, 7);
  const me = useSignalValue(client.me)?.name;
  const isOn: boolean = useSignalValue(flag);
  const titles: readonly string[] = useComputedValue(() => client.note.rows.value.map((note) => note.title), [client]);
  const { isReady, error } = useSubscription(client, [tables.note, 'SELECT * FROM message'], { lingerMs: 10 });
  const later: boolean = useSubscription(client, isReady ? tables.score : undefined).isReady;
  const create = useCall(client.reducers.createNote);
  const committed: boolean | undefined = create.result?.isCommitted;
  void create.call({ id: 1n, folder: 'inbox', title: '', body: '', tags: [] });
  const sum: bigint | undefined = useCall(client.procedures.add).result;
  const rename = useCall((id: bigint, title: string) => client.reducers.updateNote({ id, title, body: '' }));
  void rename.call(1n, 'Milk');

  // @ts-expect-error -- the key of a note is a bigint
  useRow(client.note, 7);
  // @ts-expect-error -- a table without a primary key has no row by key
  useRow(client.score, 7);
  // @ts-expect-error -- a room is a number
  useRows(client.message.room, '3');
  // @ts-expect-error -- an index wants a key
  useRows(client.message.room);
  // @ts-expect-error -- the columns of the index have an order
  useRows(client.note.byOwnerFolder, ['inbox']);
  // @ts-expect-error -- a row may be missing
  const certain: Entity = useRow(client.entity, 7);
  // @ts-expect-error -- an event table has no rows
  useRows(client.chatEvent);
  // @ts-expect-error -- a row is not a signal
  useSignalValue(client.entity.find(7));
  // @ts-expect-error -- a note has more to it
  void create.call({ id: 1n });
  // @ts-expect-error -- a title is text
  void rename.call(1n, 2);
  // @ts-expect-error -- a single row is no table
  useReady(client.me);
  // @ts-expect-error -- rows are shared, and read-only
  notes[0].title = 'mine';

  const state = useConnectionState(client);
  const delay = state.status === 'reconnecting' ? state.nextDelayMs : undefined;
  const waiting: number = useSyncState(client).pendingCount;
  const shown = [
    waiting,
    later,
    lobby,
    inRoom,
    inbox,
    entity,
    sameEntity,
    me,
    isOn,
    titles,
    isReady,
    error?.message,
    committed,
    sum,
  ];
  return [...shown, certain, delay, useReady(client.tables.me)];
}
