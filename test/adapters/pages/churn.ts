import { batch, OptimisticChange, type Signal } from 'spacetimedb-signals';
import { type SpacetimeDbClient } from '../../generated/reference/index.ts';
import { type SeededRandom, seededRandom } from '../../support/random.ts';

/** What one component of the tree shows, and what it subscribes to. */
export interface Item {
  readonly id: number;
  readonly key: number | undefined;
  readonly query: string | undefined;
}

/** Nobody else has entities with these keys. */
const firstKey = 20_001;
const keys = 4;

/** What a component shows of an item. */
export function itemText(x: number | undefined, rows: number, isReady: boolean): string {
  return `${x} of ${rows}, ${isReady ? 'ready' : 'waiting'}`;
}

/**
 * Mounts, changes and unmounts components while what they show changes: in a step, in a batch with one, before and after. Gives what was shown in the end and
 * was not so.
 */
export async function churn(
  client: SpacetimeDbClient,
  items: Signal<readonly Item[]>,
  { seed, steps }: { readonly seed: number; readonly steps: number },
): Promise<string[]> {
  const run = new Churn(client, items, seededRandom(seed));
  try {
    for (let step = 1; step <= steps; step++) {
      await run.step();
      if (step % 15 === 0) await run.compare();
    }
  } finally {
    run.end();
  }
  return run.problems;
}

class Churn {
  readonly problems: string[] = [];
  readonly #client: SpacetimeDbClient;
  readonly #items: Signal<readonly Item[]>;
  readonly #random: SeededRandom;
  readonly #endings: (() => void)[];
  /** Whether the next row that changes changes what is mounted, in the middle of its step. */
  #isArmed = false;
  #nextId: number;
  #calls: Promise<unknown>[] = [];

  constructor(client: SpacetimeDbClient, items: Signal<readonly Item[]>, random: SeededRandom) {
    this.#client = client;
    this.#items = items;
    this.#random = random;
    this.#nextId = 1 + Math.max(0, ...items.peek().map(({ id }) => id));
    const hear = (): void => {
      if (this.#isArmed) this.#change();
      this.#isArmed = false;
    };
    const { entity } = client;
    this.#endings = [entity.onInsert(hear), entity.onUpdate(hear), entity.onDelete(hear)];
  }

  async step(): Promise<void> {
    const random = this.#random;
    switch (random.below(6)) {
      case 0:
      case 1:
        return this.#change();
      case 2:
        this.#isArmed = true;
        return this.#call();
      case 3:
        return batch(() => {
          this.#change();
          this.#call();
          this.#change();
        });
      case 4:
        return this.#call();
      default:
        if (random.chance(0.5)) await new Promise((resolve) => setTimeout(resolve, random.below(4)));
        else await new Promise((resolve) => requestAnimationFrame(resolve));
    }
  }

  /** When nothing moves any more, everything shows what is so, and what is wanted is subscribed to. */
  async compare(): Promise<void> {
    await Promise.all(this.#calls);
    this.#calls = [];
    let wrong: string[] = [];
    for (let waited = 0; waited < 100; waited++) {
      wrong = this.#wrong();
      if (wrong.length === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    this.problems.push(...wrong);
  }

  end(): void {
    for (const end of this.#endings) end();
  }

  #wrong(): string[] {
    const client = this.#client;
    const items = this.#items.peek();
    const wrong = items.flatMap(({ id, key, query }) => {
      const x = key === undefined ? undefined : client.entity.find(key)?.position.x;
      const rows = key === undefined ? 0 : client.entity.entityId.filter(key).length;
      const expected = itemText(x, rows, query !== undefined);
      const shown = document.getElementById(`i${id}`)?.textContent;
      return shown === expected ? [] : `item ${id} shows ${shown}, not ${expected}`;
    });
    const shown = document.querySelectorAll('#tree li').length;
    if (shown !== items.length) wrong.push(`${shown} items are shown, not ${items.length}`);
    const live = client
      .inspect()
      .querySets.map(({ queries }) => queries.join())
      .sort();
    const wanted = [...new Set(items.flatMap(({ query }) => query ?? []))].sort();
    if (live.join() !== wanted.join()) wrong.push(`subscribed to ${live.join()}, not to ${wanted.join()}`);
    return wrong;
  }

  /** Mounts something, unmounts something, or has something show something else. */
  #change(): void {
    const random = this.#random;
    const items = this.#items.peek();
    const at = random.below(Math.max(1, items.length));
    const made = (id: number): Item => ({
      id,
      key: random.chance(0.1) ? undefined : firstKey + random.below(keys),
      query: random.chance(0.2) ? undefined : `SELECT * FROM entity WHERE entity_id = ${firstKey + random.below(keys)}`,
    });
    const action = random.below(items.length > 8 ? 2 : 4);
    if (action === 0) this.#items.value = items.filter((_, index) => index !== at);
    else if (action === 1) this.#items.value = items.map((item, index) => (index === at ? made(item.id) : item));
    else this.#items.value = [...items.slice(0, at), made(this.#nextId++), ...items.slice(at)];
  }

  #call(): void {
    const { reducers, entity } = this.#client;
    const random = this.#random;
    const key = firstKey + random.below(keys);
    const row = entity.find(key);
    const isPredicted = random.chance(0.5);
    const options = (change?: OptimisticChange): { readonly optimisticChanges: OptimisticChange[] } => ({
      optimisticChanges: change !== undefined && isPredicted ? [change] : [],
    });
    const moved = row && { ...row, position: { ...row.position, x: row.position.x + 1 } };
    switch (random.below(4)) {
      case 0: {
        const position = { x: 0, y: 0, z: 0 };
        const fresh = { entityId: key, kind: { tag: 'Monster' } as const, position, health: 100, score: 0n };
        return this.#keep(
          reducers.spawn({ firstId: key, count: 1 }, options(OptimisticChange.insertRow(entity, fresh))),
        );
      }
      case 1:
        return this.#keep(
          reducers.despawn({ firstId: key, count: 1 }, options(row && OptimisticChange.deleteRow(entity, row))),
        );
      default:
        return this.#keep(
          reducers.moveMany(
            { firstId: firstKey, count: keys, step: 1 },
            options(row && moved && OptimisticChange.updateRow(entity, row, moved)),
          ),
        );
    }
  }

  /** A call may be refused: there is such a row already. */
  #keep(call: Promise<unknown>): void {
    this.#calls.push(call.catch(() => undefined));
  }
}
