import { type SpacetimeDbClient, type Vec3 } from '#bindings';
import { isSpacetimeDbError } from 'spacetimedb-signals';
import { isInWorld, playerId, worldSize } from '../shared/world-map.ts';
import { showProblem } from './dom.ts';
import { watch } from './figures.ts';

/** The entity of this window. */
export interface Player {
  /** Its id; undefined before the first connection. Tracked when it is read in an effect. */
  id(): number | undefined;
  /** Where it was sent. */
  readonly target: Readonly<Vec3>;
  /** Sends it somewhere; places outside the world are moved to its edge. */
  moveTo(place: { readonly x: number; readonly y: number }): void;
}

/** Sees to it that this window has an entity while it is connected. */
export function play(client: SpacetimeDbClient): Player {
  let target: Vec3 = {
    x: worldSize.width * (0.3 + 0.4 * Math.random()),
    y: worldSize.height * (0.3 + 0.4 * Math.random()),
    z: 0,
  };
  const id = (): number | undefined => {
    const me = client.identity.value;
    return me === undefined ? undefined : playerId(me);
  };

  // Who disconnects is removed from the world, so a missing row is not only the first one.
  watch(() => {
    const entityId = id();
    if (!client.subscriptions.ready.value || entityId === undefined) return;
    if (client.entity.row(entityId).value === undefined) appear(entityId).catch(report);
  });

  async function appear(entityId: number): Promise<void> {
    // Both go out in one frame, in this order.
    const spawned = client.reducers.spawn({ firstId: entityId, count: 1 });
    await Promise.all([spawned, client.reducers.moveEntity({ entityId, position: target })]);
  }

  let isMoving = false;
  let moved = target;
  /** One call at a time; what was clicked meanwhile is sent when the answer is here, and only the last of it. */
  async function send(): Promise<void> {
    const entityId = id();
    if (isMoving || entityId === undefined) return;
    isMoving = true;
    try {
      while (moved !== target) {
        moved = target;
        await client.reducers.moveEntity({ entityId, position: target });
      }
    } finally {
      isMoving = false;
    }
  }

  return {
    id,
    get target() {
      return target;
    },
    moveTo: ({ x, y }) => {
      const place = { x: clamp(x, worldSize.width), y: clamp(y, worldSize.height), z: 0 };
      if (!isInWorld(place)) return;
      target = place;
      if (client.subscriptions.ready.value) send().catch(report);
    },
  };
}

/** Without a connection nothing is lost: the entity appears again with the next one, where it was sent. */
function report(error: unknown): void {
  if (!isSpacetimeDbError(error, 'connection')) showProblem(error);
}

function clamp(value: number, most: number): number {
  return Math.min(Math.max(value, 1), most - 1);
}
