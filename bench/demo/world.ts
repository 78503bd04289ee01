import { SpacetimeDbClient, tables } from '#bindings';
import { type School, playerId, schools, wanderers, worldSize } from './shared/world-map.ts';
import { type Place } from './tour/stage.ts';

const tickMs = 50;

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
  const groups = [...schools, wanderers];
  await Promise.all([
    reducers.setName({ name: 'the world' }),
    ...groups.map(({ firstId, count }) => reducers.spawn({ firstId, count })),
    ...schools.flatMap((school) =>
      membersOf(school).map((entityId, index) =>
        reducers.moveEntity({ entityId, position: { ...homeOf(school, index), z: 0 } }),
      ),
    ),
    reducers.createNote({
      id: 1n,
      folder: 'inbox',
      title: 'Open this page in a second window',
      body: 'Notes, chat and everything that swims are rows of one database. Each window is a client of its own.',
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

/** One transaction moves a school sideways, one lets a member of it rise or sink, one moves a wanderer: gently, and never out of the world. */
async function move({ entity, reducers }: SpacetimeDbClient, tick: number): Promise<void> {
  const seconds = (tick * tickMs) / 1000;
  const sideways = schools.map((school) => {
    const first = entity.find(school.firstId);
    // Against where the school is, not where it should be: a step that was lost or rounded is made up for.
    const step =
      first === undefined ? 0 : centreAt(school, seconds) + homeOf(school, 0).x - school.centre.x - first.position.x;
    return reducers.moveMany({ firstId: school.firstId, count: school.count, step });
  });
  await Promise.all(sideways);
  const upAndDown = schools.map((school) => {
    const index = tick % school.count;
    const member = entity.find(school.firstId + index);
    if (member === undefined) return undefined;
    const y = homeOf(school, index).y + 2 * Math.sin(seconds / 2 + index);
    return reducers.moveEntity({ entityId: member.entityId, position: { ...member.position, y } });
  });
  const alone = membersOf(wanderers)
    .filter((_, index) => index % 2 === tick % 2)
    .map((entityId) => reducers.moveEntity({ entityId, position: { ...wanderTo(entityId, seconds), z: 0 } }));
  await Promise.all([...upAndDown, ...alone]);
}

function membersOf({ firstId, count }: Pick<School, 'firstId' | 'count'>): number[] {
  return Array.from({ length: count }, (_, index) => firstId + index);
}

/** Where a member of a school belongs: on a spiral around its centre. */
function homeOf({ centre }: School, index: number): { readonly x: number; readonly y: number } {
  const angle = index * 2.4;
  const radius = 3.2 * Math.sqrt(index);
  return { x: centre.x + radius * Math.cos(angle), y: centre.y + 0.7 * radius * Math.sin(angle) };
}

function centreAt({ centre, sway, seconds: period, firstId }: School, seconds: number): number {
  return centre.x + sway * Math.sin((2 * Math.PI * seconds) / period + firstId);
}

function wanderTo(entityId: number, seconds: number): { readonly x: number; readonly y: number } {
  const { width, height } = worldSize;
  return {
    x: (width / 2) * (1 + 0.9 * Math.sin(seconds / (7 + (entityId % 5)) + entityId)),
    y: (height / 2) * (1 + 0.85 * Math.cos(seconds / (5 + (entityId % 7)) + 2 * entityId)),
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
