import { noRows, type RowChanges } from '../../../src/store/step.ts';
import { changesIn, rowList } from './rows.ts';
import { type Entity, entities, type LogLine, logLines } from './tables.ts';

/** A query: which rows it returns, and how often each, as a join may. */
export interface ModelQuery {
  readonly table: 'entity' | 'log_line';
  /** Only rows of this room or level, all without it. */
  readonly only: number | undefined;
  readonly times: number;
}

/** What a transaction of the model does. */
export interface Mutation {
  readonly put: readonly Entity[];
  readonly remove: readonly number[];
  readonly toggle: readonly LogLine[];
}

interface Rows {
  readonly entities: ReadonlyMap<number, Entity>;
  readonly lines: ReadonlyMap<string, LogLine>;
}

/** A database with query sets: says what a server would send. */
export class ModelServer {
  readonly sets: Map<number, readonly ModelQuery[]> = new Map();
  #rows: Rows = { entities: new Map(), lines: new Map() };

  /** Runs a transaction and returns what the sets see of it. */
  transact(mutation: Mutation): readonly RowChanges[] {
    const before = this.#rows;
    this.#rows = mutated(before, mutation);
    return [...this.sets].flatMap(([id, queries]) => queries.flatMap((query) => this.#changes(id, query, before)));
  }

  /** The rows of a set: one entry per query. */
  snapshot(querySetId: number): readonly RowChanges[] {
    const queries = this.sets.get(querySetId) ?? [];
    return queries.map((query) =>
      this.#entry(querySetId, query, results(query, this.#rows), { entities: [], lines: [] }),
    );
  }

  #changes(querySetId: number, query: ModelQuery, rowsBefore: Rows): readonly RowChanges[] {
    const before = results(query, rowsBefore);
    const after = results(query, this.#rows);
    const inserts = { entities: without(after.entities, before.entities), lines: without(after.lines, before.lines) };
    const deletes = { entities: without(before.entities, after.entities), lines: without(before.lines, after.lines) };
    const isTouched = [...Object.values(inserts), ...Object.values(deletes)].some((rows) => rows.length > 0);
    return isTouched ? [this.#entry(querySetId, query, inserts, deletes)] : [];
  }

  #entry(querySetId: number, query: ModelQuery, inserts: Results, deletes: Results): RowChanges {
    if (query.table === 'entity') {
      return changesIn(querySetId, entities, { inserts: inserts.entities, deletes: deletes.entities });
    }
    return changesIn(querySetId, logLines, { inserts: inserts.lines, deletes: deletes.lines });
  }
}

interface Results {
  readonly entities: readonly Entity[];
  readonly lines: readonly LogLine[];
}

function results(query: ModelQuery, rows: Rows): Results {
  const isWanted = (value: number): boolean => query.only === undefined || query.only === value;
  const times = <Row>(found: readonly Row[]): readonly Row[] => Array.from({ length: query.times }, () => found).flat();
  if (query.table === 'entity') {
    return { entities: times([...rows.entities.values()].filter((row) => isWanted(row.room))), lines: [] };
  }
  return { entities: [], lines: times([...rows.lines.values()].filter((row) => isWanted(row.level))) };
}

function mutated({ entities: oldEntities, lines: oldLines }: Rows, { put, remove, toggle }: Mutation): Rows {
  const byId = new Map(oldEntities);
  const lines = new Map(oldLines);
  for (const id of remove) byId.delete(id);
  for (const row of put) byId.set(row.id, row);
  for (const row of toggle) if (!lines.delete(textOf(row))) lines.set(textOf(row), row);
  return { entities: byId, lines };
}

/** The rows of `left` that are not in `right`. Rows that did not change are the same here, so text tells. */
function without<Row>(left: readonly Row[], right: readonly Row[]): readonly Row[] {
  const texts = new Set(right.map(textOf));
  return left.filter((row) => !texts.has(textOf(row)));
}

/** What tells a row from others. */
export function textOf(row: unknown): string {
  return JSON.stringify(row);
}

/** A change that no server would send: the row is not there. */
export function impossibleDelete(querySetId: number): RowChanges {
  const deletes = rowList(entities.codec, [{ id: 99, room: 0, name: 'nobody' }]);
  return { querySetId, table: 'entity', rows: { tag: 'PersistentTable', inserts: noRows, deletes } };
}
