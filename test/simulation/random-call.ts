import { nextOptimisticIntId, OptimisticChange, Timestamp, type TransactionResult } from '../../src/index.ts';
import { type ReducerCallOptions } from '../../src/client-types.ts';
import { type SpacetimeDbClient } from '../generated/reference/index.ts';
import { type SeededRandom } from '../support/random.ts';
import { Mischief } from './component.ts';

/** Calls some reducer, mostly with what it is expected to change; nothing where there is nothing to call it with. `text` is what others can tell the call by. */
export function randomCall(
  client: SpacetimeDbClient,
  random: SeededRandom,
  text: string,
): Promise<TransactionResult> | undefined {
  const { entity, message, note, reducers, score, setting } = client;
  const change = OptimisticChange;
  const id = random.below(10);
  const points = { player: `p${random.below(3)}`, points: BigInt(random.below(3)) };
  const options = (...changes: readonly OptimisticChange[]): ReducerCallOptions => callOptions(random, changes);
  const anyNote = (): (typeof note.rows.value)[number] | undefined =>
    note.count() === 0 ? undefined : random.pick(note.rows.peek());
  const me = client.identity.peek();
  switch (random.below(10)) {
    case 0: {
      const kind = { tag: random.pick(['Monster', 'Player'] as const) };
      const row = { entityId: id, kind, position: { x: id, y: 0, z: 0 }, health: 100, score: 0n };
      return reducers.spawn({ firstId: id, count: 1 }, options(change.insertRow(entity, row)));
    }
    case 1: {
      const rows = entity.rows.peek().filter(({ entityId }) => entityId >= id && entityId < id + 2);
      return reducers.despawn({ firstId: id, count: 2 }, options(...rows.map((row) => change.deleteRow(entity, row))));
    }
    case 2: {
      const changes = entity.rows.peek().map((row) => {
        const position = { ...row.position, x: row.position.x + random.pick([1, 2]) };
        return change.updateRow(entity, row, { ...row, position });
      });
      return reducers.moveMany({ firstId: 0, count: 10, step: 1 }, options(...changes));
    }
    case 3:
      return reducers.addScore(points, options(change.insertRow(score, points)));
    case 4:
      return reducers.removeScore(points, options(change.deleteRow(score, points)));
    case 5: {
      const row = { key: `k${random.below(4)}`, slot: 10 + random.below(4), value: text };
      const shown = setting.find(row.key);
      return reducers.putSetting(
        row,
        options(shown === undefined ? change.insertRow(setting, row) : change.updateRow(setting, shown, row)),
      );
    }
    case 6: {
      if (me === undefined) return undefined;
      const room = random.below(3);
      const row = { id: nextOptimisticIntId(message), room, sender: me, text, sent: Timestamp.epoch };
      return reducers.say({ room, text: random.chance(0.1) ? '' : text }, options(change.insertRow(message, row)));
    }
    case 7: {
      if (me === undefined) return undefined;
      const folder = random.pick(['inbox', 'other']);
      const made = { id: BigInt(random.below(8)), folder, title: text, body: '', tags: [] };
      return reducers.createNote(
        made,
        options(change.insertRow(note, { ...made, owner: me, createdAt: Timestamp.epoch })),
      );
    }
    case 8: {
      const row = anyNote();
      if (row === undefined) return undefined;
      return reducers.overwriteNote(
        { id: row.id, body: text },
        options(change.updateRow(note, row, { ...row, body: text })),
      );
    }
    default: {
      const row = anyNote();
      return row && reducers.deleteNote({ id: row.id }, options(change.deleteRow(note, row)));
    }
  }
}

function callOptions(random: SeededRandom, optimisticChanges: readonly OptimisticChange[]): ReducerCallOptions {
  const controller = random.chance(0.1) ? new AbortController() : undefined;
  if (controller !== undefined) setImmediate(() => controller.abort(new Mischief('aborted')));
  return {
    timeoutMs: random.pick([20, 30_000, 30_000]),
    ...(random.chance(0.8) && { optimisticChanges }),
    ...(random.chance(0.1) && { dropIfOffline: true }),
    ...(controller !== undefined && { signal: controller.signal }),
  };
}
