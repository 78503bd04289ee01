import { type SpacetimeDbClient, type Vec3 } from '#bindings';
import { effect, isSpacetimeDbError, OptimisticChange } from 'spacetimedb-signals';
import { playerId, worldSize } from '../../shared/world-map.ts';
import { type DemoWindow } from '../demo-window.ts';

type Place = Pick<Vec3, 'x' | 'y'>;

/** A place is out of date a moment later: these calls never wait in the offline queue. */
const options = { dropIfOffline: true } as const;

/** The entity of this window. */
export interface Player {
  /** Where it was sent. */
  readonly target: Place;
  /** Sends it somewhere; places outside the world are moved to its edge. */
  moveTo(this: void, place: Place): void;
}

/** Sees to it that this window has an entity while it is connected. */
export function play({ client, report }: DemoWindow): Player {
  const { width, height } = worldSize;
  let target: Place = { x: width * (0.2 + 0.6 * Math.random()), y: height * (0.2 + 0.6 * Math.random()) };

  // Who disconnects is removed from the world, so a missing row is not only the first one.
  effect(() => {
    const id = client.identity.value;
    if (id === undefined || !client.subscriptions.ready.value) return;
    if (client.entity.row(playerId(id)).value === undefined) appear(playerId(id)).catch(ignoreTheConnection);
  });

  async function appear(entityId: number): Promise<void> {
    // Both go out in one frame, in this order.
    const spawned = client.reducers.spawn({ firstId: entityId, count: 1 }, options);
    await Promise.all([spawned, client.reducers.moveEntity({ entityId, position: { ...target, z: 0 } }, options)]);
  }

  let isMoving = false;
  let sent = target;
  /** One call at a time; what was pointed at meanwhile is sent when the answer is here, and only the last of it. */
  async function send(): Promise<void> {
    isMoving = true;
    try {
      while (sent !== target) {
        sent = target;
        await moveMe(client, target);
      }
    } finally {
      isMoving = false;
    }
  }

  /** Without a connection nothing is lost: the entity appears again with the next one, where it was sent. */
  function ignoreTheConnection(error: unknown): void {
    if (!isSpacetimeDbError(error, 'connection')) report(error);
  }

  return {
    get target() {
      return target;
    },
    moveTo: ({ x, y }) => {
      target = { x: clamp(x, width), y: clamp(y, height) };
      if (client.subscriptions.ready.value && !isMoving) send().catch(ignoreTheConnection);
    },
  };
}

/** Shows at once, like everything that this window does itself. */
async function moveMe({ entity, identity, reducers }: SpacetimeDbClient, place: Place): Promise<void> {
  const row = identity.value === undefined ? undefined : entity.find(playerId(identity.value));
  if (row === undefined) return;
  const position = { ...place, z: 0 };
  await reducers.moveEntity(
    { entityId: row.entityId, position },
    { ...options, optimisticChanges: [OptimisticChange.updateRow(entity, row, { ...row, position })] },
  );
}

function clamp(value: number, most: number): number {
  return Math.min(Math.max(value, 1), most - 1);
}
