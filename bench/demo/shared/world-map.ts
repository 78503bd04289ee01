import { type Identity } from 'spacetimedb-signals';

/** The world in its own units; the page scales it. */
export const worldSize = { width: 160, height: 100 } as const;

/** Entities with neighbouring ids that move together, around a centre that sways by `sway` in `seconds`. */
export interface Shoal {
  readonly firstId: number;
  readonly count: number;
  readonly centre: { readonly x: number; readonly y: number };
  readonly sway: number;
  readonly seconds: number;
  /** How near it is to whoever looks: 0, far away, to 2. */
  readonly layer: 0 | 1 | 2;
}

const shoalSize = 208;
const layers = [0, 1, 2] as const;

/** The shoals, the farthest first. */
export const shoals: readonly Shoal[] = layers.flatMap((layer) =>
  Array.from({ length: 8 }, (_, index) => {
    const number = 8 * layer + index;
    return {
      firstId: 1 + number * shoalSize,
      count: shoalSize,
      // Every number once in each coordinate, and neighbours far from each other.
      centre: { x: 16 + 128 * fraction(number * 0.618), y: 8 + 78 * fraction(0.3 + number * 0.381) },
      sway: 30 + 22 * fraction(number * 0.271),
      seconds: 44 - 6 * layer + 18 * fraction(number * 0.737),
      layer,
    };
  }),
);

/** Entities that each go their own way. With them there are 5,000. */
export const wanderers: { readonly firstId: number; readonly count: number } = {
  firstId: 1 + shoals.length * shoalSize,
  count: 8,
} as const;

const firstPlayerId = 0x8000_0000;

/** The entity of a window: whoever knows the identity knows the entity, and the other way round. */
export function playerId(identity: Identity): number {
  return firstPlayerId + Number(identity.value & 0x7fff_ffffn);
}

/** Whether the entity belongs to a window. */
export function isPlayer(entityId: number): boolean {
  return entityId >= firstPlayerId;
}

/** The number of the shoal that the entity swims in; undefined for others. */
export function shoalOf(entityId: number): number | undefined {
  const number = Math.floor((entityId - 1) / shoalSize);
  return number < shoals.length ? number : undefined;
}

/** Whether a place is one that the page shows. */
export function isInWorld({ x, y }: { readonly x: number; readonly y: number }): boolean {
  return x >= 0 && x <= worldSize.width && y >= 0 && y <= worldSize.height;
}

function fraction(value: number): number {
  return value - Math.floor(value);
}
