import { type SpacetimeDbClient } from '#bindings';
import { isPlayer, shoalOf, shoals } from '../../shared/world-map.ts';
import { Swimmer } from './swimmer.ts';

type Group = Map<number, Swimmer>;

/** What swims, in groups that are drawn alike; by entity. */
export interface Swimmers {
  readonly shoals: readonly ReadonlyMap<number, Swimmer>[];
  readonly wanderers: ReadonlyMap<number, Swimmer>;
  readonly players: ReadonlyMap<number, Swimmer>;
}

/** A swimmer for every row of `entity`. Rows that come and go are told by events; rows that change, by nothing: a swimmer looks at its own. */
export function bindSwimmers({ entity }: SpacetimeDbClient): Swimmers {
  const swimmers = {
    shoals: shoals.map((): Group => new Map()),
    wanderers: new Map() as Group,
    players: new Map() as Group,
  };
  const groupOf = (id: number): Group => {
    if (isPlayer(id)) return swimmers.players;
    return swimmers.shoals[shoalOf(id) ?? -1] ?? swimmers.wanderers;
  };
  entity.onInsert(({ row }) => {
    // A handle that nobody watches is a look into the table: it costs nothing until it is read.
    groupOf(row.entityId).set(row.entityId, new Swimmer(row, entity.row(row.entityId)));
  });
  entity.onDelete(({ row }) => groupOf(row.entityId).delete(row.entityId));
  return swimmers;
}
