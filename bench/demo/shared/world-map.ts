import { type Identity } from 'spacetimedb-signals';

/** The world in its own units; the page scales it. */
export const worldSize = { width: 160, height: 100 } as const;

/** Entities with neighbouring ids that move together, around a centre that sways by `sway` in `seconds`. */
export interface School {
  readonly firstId: number;
  readonly count: number;
  readonly centre: { readonly x: number; readonly y: number };
  readonly sway: number;
  readonly seconds: number;
}

export const schools: readonly School[] = [
  { firstId: 1, count: 13, centre: { x: 80, y: 22 }, sway: 62, seconds: 31 },
  { firstId: 101, count: 8, centre: { x: 72, y: 52 }, sway: 50, seconds: 43 },
  { firstId: 201, count: 10, centre: { x: 88, y: 80 }, sway: 56, seconds: 37 },
];

/** Entities that each go their own way. */
export const wanderers = { firstId: 301, count: 6 } as const;

const firstPlayerId = 0x8000_0000;

/** The entity of a window: whoever knows the identity knows the entity, and the other way round. */
export function playerId(identity: Identity): number {
  return firstPlayerId + Number(identity.value & 0x7fff_ffffn);
}

/** Whether the entity belongs to a window. */
export function isPlayer(entityId: number): boolean {
  return entityId >= firstPlayerId;
}

/** The number of the school that the entity swims in; undefined for others. */
export function schoolOf(entityId: number): number | undefined {
  const found = schools.findIndex(({ firstId, count }) => entityId >= firstId && entityId < firstId + count);
  return found < 0 ? undefined : found;
}

/** Whether a place is one that the page shows. */
export function isInWorld({ x, y }: { readonly x: number; readonly y: number }): boolean {
  return x >= 0 && x <= worldSize.width && y >= 0 && y <= worldSize.height;
}
