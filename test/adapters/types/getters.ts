import * as hooks from 'spacetimedb-signals/solid';
import {
  type Entity,
  type Message,
  type Note,
  type SpacetimeDbClient,
  tables,
} from '../../generated/reference/index.ts';
import { propertyOf, valueOf } from './reading-solid.ts';

/** What the compiler knows of keys, queries and signals that may change, here in Solid; the line after `@ts-expect-error` must not compile. */
export function getters(client: SpacetimeDbClient, id: () => number | undefined): unknown {
  const inRooms: readonly Message[] = valueOf(hooks.useRows(client.message.room, id));
  const identity = hooks.useSignalValue(client.identity);
  const ofInbox = hooks.useRows(client.note.byOwnerFolder, () => {
    const owner = valueOf(identity);
    return owner && [owner, 'inbox'];
  });
  const inbox: readonly Note[] = valueOf(ofInbox);
  const entity: Entity | undefined = valueOf(hooks.useRow(client.entity.entityId, id));
  const chosen: Entity | undefined = valueOf(hooks.useSignalValue(() => client.entity.row(id() ?? 0)));
  const queries = (): typeof tables.score | undefined => (id() === undefined ? undefined : tables.score);
  const isReady: boolean = propertyOf(hooks.useSubscription(client, queries).isReady);

  // @ts-expect-error -- the key of a note is a bigint
  hooks.useRow(client.note, id);

  return [inRooms, inbox, entity, chosen, isReady];
}
