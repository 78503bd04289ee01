import { SpacetimeDbClient } from '#bindings';
import { effect, type EventTable, type InsertEvent } from 'spacetimedb-signals';

/** Where the database is. */
export interface Place {
  /** Such as `127.0.0.1:3000`. */
  readonly host: string;
  readonly database: string;
}

/** The two clients of the tour. */
export interface Stage {
  readonly alice: SpacetimeDbClient;
  readonly bob: SpacetimeDbClient;
}

/** Two clients that have not connected yet. */
export async function makeStage(place: Place): Promise<Stage> {
  return { alice: await SpacetimeDbClient.create(place), bob: await SpacetimeDbClient.create(place) };
}

/** An effect whose runs are counted, without the first, which every effect makes at once. */
export interface CountedEffect {
  readonly runs: number;
  readonly stop: () => void;
}

/** Starts `run` as an effect and counts. */
export function countRuns(run: () => void): CountedEffect {
  let runs = -1;
  const stop = effect(() => {
    runs += 1;
    run();
  });
  return {
    get runs() {
      return runs;
    },
    stop,
  };
}

/** The next row that comes into `table`, with what its listener is told. */
export function nextInsert<Row>(table: EventTable<Row>): Promise<InsertEvent<Row>> {
  return new Promise((resolve) => {
    const stop = table.onInsert((event) => {
      stop();
      resolve(event);
    });
  });
}

/** The arguments of `createNote`. */
export function draft(
  id: bigint,
  title: string,
): {
  readonly id: bigint;
  readonly folder: string;
  readonly title: string;
  readonly body: string;
  readonly tags: string[];
} {
  return { id, folder: 'drafts', title, body: '', tags: [] };
}
