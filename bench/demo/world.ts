import { SpacetimeDbClient, tables } from '#bindings';
import { playerId, type Shoal, shoals, wanderers, worldSize } from './shared/world-map.ts';
import { type Place } from './tour/stage.ts';

const tickMs = 50;
/** After so many ticks everything has moved once. */
const ticksPerRound = 8;

/** Fills the world and keeps it moving, as one more client, until it is disposed of. `onError` is told when that fails; then the world stands still. */
export async function startWorld(place: Place, onError: (error: unknown) => void): Promise<AsyncDisposable> {
  const client = await SpacetimeDbClient.create(place);
  await client.connect({ initialSubscriptions: [tables.entity, tables.user] });
  await furnish(client);
  removeThoseWhoLeave(client, onError);
  const stop = repeat(tickMs, (tick) => move(client, tick), onError);
  return {
    [Symbol.asyncDispose]: async () => {
      stop();
      await client.dispose();
    },
  };
}

async function furnish({ reducers }: SpacetimeDbClient): Promise<void> {
  const groups = [...shoals, wanderers];
  await Promise.all([
    reducers.setName({ name: 'the world' }),
    ...groups.map(({ firstId, count }) => reducers.spawn({ firstId, count })),
    ...shoals.flatMap((shoal) =>
      membersOf(shoal).map((entityId, index) =>
        reducers.moveEntity({ entityId, position: { ...homeOf(shoal, index), z: 0 } }),
      ),
    ),
    reducers.createNote({
      id: 1n,
      folder: 'inbox',
      title: 'Write into this note',
      body: 'The other window sees every letter. Then go offline, and write on.',
      tags: [],
    }),
    reducers.say({ room: 1, text: 'Welcome. Click into the water to move.' }),
  ]);
}

/** The module marks a user offline when the last socket closes; the entity is ours to remove. */
function removeThoseWhoLeave(client: SpacetimeDbClient, onError: (error: unknown) => void): void {
  client.user.onUpdate(({ oldRow, newRow }) => {
    if (!oldRow.online || newRow.online) return;
    client.reducers.despawn({ firstId: playerId(newRow.identity), count: 1 }).catch(onError);
  });
}

/** Some of the shoals take a step, a transaction for each, and some of the wanderers: each entity moves about twice a second. */
async function move({ entity, reducers }: SpacetimeDbClient, tick: number): Promise<void> {
  const seconds = (tick * tickMs) / 1000;
  const isTurn = (number: number): boolean => number % ticksPerRound === tick % ticksPerRound;
  const together = shoals
    .filter((_, number) => isTurn(number))
    .map((shoal) => {
      const first = entity.find(shoal.firstId);
      // Against where the shoal is, not where it should be: a step that was lost or rounded is made up for.
      const step =
        first === undefined ? 0 : centreAt(shoal, seconds) + homeOf(shoal, 0).x - shoal.centre.x - first.position.x;
      return reducers.moveMany({ firstId: shoal.firstId, count: shoal.count, step });
    });
  const alone = membersOf(wanderers)
    .filter((entityId) => isTurn(entityId))
    .map((entityId) => reducers.moveEntity({ entityId, position: { ...wanderTo(entityId, seconds), z: 0 } }));
  await Promise.all([...together, ...alone]);
}

function membersOf({ firstId, count }: Pick<Shoal, 'firstId' | 'count'>): number[] {
  return Array.from({ length: count }, (_, index) => firstId + index);
}

/** Where a member of a shoal belongs: somewhere around its centre, the closer the more there are, in a cloud that is flat and a little bent. */
function homeOf({ centre, firstId }: Shoal, index: number): { readonly x: number; readonly y: number } {
  const angle = index * 2.4;
  const radius = 1.3 * scatter(firstId + index) ** 0.7;
  const along = radius * Math.cos(angle);
  const bend = 2.6 * Math.sin(firstId) * along * along;
  return { x: centre.x + 16 * along, y: centre.y + 6 * radius * Math.sin(angle) + bend };
}

/** Something between 0 and 1 that looks random, and is the same for the same entity. */
function scatter(entityId: number): number {
  const value = Math.sin(entityId * 12.9898) * 43_758.5453;
  return value - Math.floor(value);
}

function centreAt({ centre, sway, seconds: period, firstId }: Shoal, seconds: number): number {
  return centre.x + sway * Math.sin((2 * Math.PI * seconds) / period + firstId);
}

function wanderTo(entityId: number, seconds: number): { readonly x: number; readonly y: number } {
  const { width, height } = worldSize;
  return {
    x: (width / 2) * (1 + 0.9 * Math.sin(seconds / (17 + (entityId % 5)) + entityId)),
    y: (height / 2) * (1 + 0.8 * Math.cos(seconds / (13 + (entityId % 7)) + 2 * entityId)),
  };
}

/** Does `run` every `millis`, or later when the one before has not ended; until it fails or the returned function is called. */
function repeat(millis: number, run: (tick: number) => Promise<void>, onError: (error: unknown) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const begin = async (tick: number): Promise<void> => {
    const started = performance.now();
    try {
      await run(tick);
      const rest = Math.max(0, millis - (performance.now() - started));
      if (!isStopped) timer = setTimeout(() => void begin(tick + 1), rest);
    } catch (error) {
      if (!isStopped) onError(error);
    }
  };
  void begin(0);
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}
