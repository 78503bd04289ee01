import { effect } from '@preact/signals-core';
import { range } from '../../src/store/range.ts';
import { type SpacetimeDbClient } from '../generated/reference/index.ts';
import { type SeededRandom } from '../support/random.ts';

/** What an app that throws on purpose throws. */
export class Mischief extends Error {}

/** What a part of an app shows, and what has to be true of it at any moment. */
interface View {
  /** The queries that it wants, where it wants any. */
  readonly queries: readonly string[];
  /** Reads signals; whoever calls it tracks them. */
  readonly read: () => unknown;
  /** What does not hold of what was read, untracked: the tables are to be of one moment. */
  readonly problem?: () => string | undefined;
}

/** Something on a page: it subscribes, shows signals, and may do anything whenever they change, also in the middle of a step. */
export class Component {
  readonly problems: string[] = [];
  seen: unknown;
  runs: number = 0;
  isMounted: boolean = true;
  readonly #view: View;
  readonly #release: () => void;
  readonly #dispose: () => void;

  /** `onChange` is called with every change that it shows. */
  constructor(client: SpacetimeDbClient, random: SeededRandom, onChange: () => void) {
    this.#view = viewOf(client, random);
    const { queries, read, problem } = this.#view;
    const { release } =
      queries.length > 0
        ? client.subscriptions.share(queries, { lingerMs: random.pick([0, 50, 1000]) })
        : { release: () => undefined };
    this.#release = release;
    this.#dispose = effect(() => {
      this.seen = read();
      const found = problem?.();
      if (found !== undefined) this.problems.push(found);
      if (this.runs++ > 0) onChange();
    });
  }

  /** What it wants to see. */
  get queries(): readonly string[] {
    return this.#view.queries;
  }

  /** What it would show if it were new. */
  get present(): unknown {
    return this.#view.read();
  }

  unmount(): void {
    if (!this.isMounted) return;
    this.isMounted = false;
    this.#dispose();
    this.#release();
  }
}

function viewOf(client: SpacetimeDbClient, random: SeededRandom): View {
  const { entity, message, note, score, setting } = client;
  const id = random.below(10);
  const room = random.below(3);
  switch (random.below(10)) {
    case 0:
      return {
        queries: ['SELECT * FROM entity'],
        read: () => entity.rows.value,
        problem: () =>
          entity.rows.peek().some((row) => entity.find(row.entityId) !== row) ? 'entity: rows and find' : undefined,
      };
    case 1:
      return {
        queries: [`SELECT * FROM entity WHERE entity_id = ${id}`],
        read: () => entity.row(id).value,
        problem: () =>
          entity.row(id).peek() === entity.rows.peek().find(({ entityId }) => entityId === id)
            ? undefined
            : 'entity: row and rows',
      };
    case 2:
      return {
        queries: [`SELECT * FROM message WHERE room = ${room}`],
        read: () => message.room.rows(room).value,
        problem: () => {
          const filtered = message.rows.peek().filter((row) => row.room === room);
          return sameSet(message.room.rows(room).peek(), filtered) ? undefined : 'message: index and rows';
        },
      };
    case 3: {
      const some = range({ from: id, before: id + 4 });
      return {
        queries: ['SELECT * FROM entity WHERE entity_id < 5', 'SELECT * FROM entity WHERE health = 100'],
        read: () => entity.entityId.rows(some).value,
        problem: () => {
          const filtered = entity.rows.peek().filter(({ entityId }) => entityId >= id && entityId < id + 4);
          return sameSet(entity.entityId.rows(some).peek(), filtered) ? undefined : 'entity: range and rows';
        },
      };
    }
    case 4:
      return { queries: ['SELECT * FROM me'], read: () => client.me.value };
    case 5:
      return {
        queries: ['SELECT * FROM lobby', 'SELECT * FROM message WHERE room = 0'],
        read: () => client.lobby.rows.value,
      };
    case 6:
      return {
        queries: ['SELECT * FROM setting'],
        read: () => [setting.slot.row(10 + room).value, setting.pending.value, setting.count()],
      };
    case 7:
      return {
        queries: ['SELECT * FROM note', 'SELECT * FROM my_inbox'],
        read: () => [note.rows.value, client.myInbox.rows.value, client.identity.value?.value],
      };
    case 8:
      return {
        queries: ['SELECT * FROM score'],
        read: () => [score.rows.value, score.changes.value?.inserted.length],
      };
    default:
      return {
        queries: [],
        read: () => [
          client.connection.state.value.status,
          client.subscriptions.ready.value,
          client.pendingMutations.value.length,
          client.syncState.value.pendingCount,
        ],
      };
  }
}

/** Whether both have the same rows, in whatever order. */
function sameSet(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left.length === right.length && left.every((row) => right.includes(row));
}
