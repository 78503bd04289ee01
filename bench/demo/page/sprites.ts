import { type Entity, type SpacetimeDbClient } from '#bindings';
import { isInWorld } from '../shared/world-map.ts';
import { watch } from './figures.ts';

/** An entity on the canvas: where its row says it is, and where it is drawn on its way there. */
export interface Sprite {
  readonly id: number;
  target: { readonly x: number; readonly y: number };
  readonly shown: { x: number; y: number };
  /** Which way it swims: -1, left, or 1, right. */
  direction: -1 | 1;
  /** Which way it looks, somewhere on its turn to that direction. */
  heading: number;
}

/**
 * A sprite for every row of `entity`, by id. Each has an effect of its own that watches the signal of its row: a transaction that moves one
 * entity runs one effect, however many there are.
 */
export function bindSprites(client: SpacetimeDbClient): ReadonlyMap<number, Sprite> {
  const sprites = new Map<number, Sprite>();
  const stops = new Map<number, () => void>();
  client.entity.onInsert(({ row }) => {
    const sprite = spriteOf(row);
    sprites.set(sprite.id, sprite);
    stops.get(sprite.id)?.();
    stops.set(
      sprite.id,
      watch(() => {
        const position = client.entity.row(sprite.id).value?.position;
        if (position !== undefined) send(sprite, position);
      }),
    );
  });
  client.entity.onDelete(({ row }) => {
    sprites.delete(row.entityId);
    stops.get(row.entityId)?.();
    stops.delete(row.entityId);
  });
  return sprites;
}

function spriteOf({ entityId, position }: Entity): Sprite {
  return { id: entityId, target: position, shown: { ...position }, direction: 1, heading: 1 };
}

function send(sprite: Sprite, target: { readonly x: number; readonly y: number }): void {
  // A new entity is put outside the world first; it does not travel in from there.
  if (!isInWorld(sprite.target)) Object.assign(sprite.shown, target);
  sprite.target = target;
}

/** How long a sprite takes for most of its way, in milliseconds: a bit longer than the time between two moves. */
const glideMs = 140;
const turnMs = 250;

/** Brings the sprites closer to where they belong, as far as they get in `millis`. */
export function glide(sprites: Iterable<Sprite>, millis: number): void {
  const part = 1 - Math.exp(-millis / glideMs);
  const turn = 1 - Math.exp(-millis / turnMs);
  for (const sprite of sprites) {
    const { shown, target } = sprite;
    const ahead = target.x - shown.x;
    if (Math.abs(ahead) > 0.05) sprite.direction = ahead < 0 ? -1 : 1;
    sprite.heading += (sprite.direction - sprite.heading) * turn;
    shown.x += ahead * part;
    shown.y += (target.y - shown.y) * part;
  }
}
