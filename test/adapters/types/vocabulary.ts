import { type ReadonlySignal } from 'spacetimedb-signals';
import * as hooks from 'spacetimedb-signals/react';
import {
  type Entity,
  type Message,
  type Note,
  type SpacetimeDbClient,
  tables,
} from '../../generated/reference/index.ts';
import { propertyOf, valueOf } from './reading-plain.ts';

/** What the compiler knows of the hooks, here of React's; each line after `@ts-expect-error` must not compile. */
export function vocabulary(client: SpacetimeDbClient, flag: ReadonlySignal<boolean>): unknown {
  const notes: readonly Note[] = valueOf(hooks.useRows(client.note));
  const lobby: readonly Message[] = valueOf(hooks.useRows(client.lobby));
  const inRoom: readonly Message[] = valueOf(hooks.useRows(client.message.room, 3));
  const owner = valueOf(hooks.useSignalValue(client.identity));
  const inbox: readonly Note[] = valueOf(hooks.useRows(client.note.byOwnerFolder, owner && [owner, 'inbox']));
  const entity: Entity | undefined = valueOf(hooks.useRow(client.entity, 7));
  const sameEntity: Entity | undefined = valueOf(hooks.useRow(client.entity.entityId, 7));
  const me = valueOf(hooks.useSignalValue(client.me))?.name;
  const isOn: boolean = valueOf(hooks.useSignalValue(flag));
  const subscription = hooks.useSubscription(client, [tables.note, 'SELECT * FROM message'], { lingerMs: 10 });
  const isReady: boolean = propertyOf(subscription.isReady);
  const create = hooks.useCall(client.reducers.createNote);
  const committed: boolean | undefined = propertyOf(create.result)?.isCommitted;
  void create.call({ id: 1n, folder: 'inbox', title: '', body: '', tags: [] });
  const sum: bigint | undefined = propertyOf(hooks.useCall(client.procedures.add).result);
  const rename = hooks.useCall((note: bigint, title: string) =>
    client.reducers.updateNote({ id: note, title, body: '' }),
  );
  void rename.call(1n, 'Milk');

  // @ts-expect-error -- the key of a note is a bigint
  hooks.useRow(client.note, 7);
  // @ts-expect-error -- a table without a primary key has no row by key
  hooks.useRow(client.score, 7);
  // @ts-expect-error -- a room is a number
  hooks.useRows(client.message.room, '3');
  // @ts-expect-error -- an index wants a key
  hooks.useRows(client.message.room);
  // @ts-expect-error -- the columns of the index have an order
  hooks.useRows(client.note.byOwnerFolder, ['inbox']);
  // @ts-expect-error -- a row may be missing
  const certain: Entity = valueOf(hooks.useRow(client.entity, 7));
  // @ts-expect-error -- an event table has no rows
  hooks.useRows(client.chatEvent);
  // @ts-expect-error -- a row is not a signal
  hooks.useSignalValue(client.entity.find(7));
  // @ts-expect-error -- a note has more to it
  void create.call({ id: 1n });
  // @ts-expect-error -- a title is text
  void rename.call(1n, 2);
  // @ts-expect-error -- a single row is no table
  hooks.useReady(client.me);
  // @ts-expect-error -- rows are shared, and read-only
  notes[0].title = 'mine';

  const state = valueOf(hooks.useConnectionState(client));
  const delay = state.status === 'reconnecting' ? state.nextDelayMs : undefined;
  const waiting: number = valueOf(hooks.useSyncState(client)).pendingCount;
  const shown = [waiting, lobby, inRoom, inbox, entity, sameEntity, me, isOn, isReady, committed, sum];
  return [...shown, propertyOf(subscription.error)?.message, certain, delay, valueOf(hooks.useReady(client.tables.me))];
}
