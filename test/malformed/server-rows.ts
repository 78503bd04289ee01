import { fromHex, toHex } from '../../src/bsatn/bytes.ts';
import { type RowList, rowListOf, rowsOf } from '../../src/wire/row-list.ts';
import { type QuerySetUpdate, type ServerMessage, type TableRows } from '../../src/wire/server-message.ts';

/** How often a query set returns each row, by table and by the hex of the row. */
type Bag = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** What a server holds for one client: the rows of each query set, naively. A message makes a new one of it. */
export class ServerRows {
  readonly #sets: ReadonlyMap<number, Bag>;

  constructor(sets: ReadonlyMap<number, Bag> = new Map()) {
    this.#sets = sets;
  }

  get querySetIds(): readonly number[] {
    return [...this.#sets.keys()];
  }

  /** The rows after this message. */
  after(message: ServerMessage): ServerRows {
    switch (message.tag) {
      case 'SubscribeApplied': {
        const changes = message.tables.map(({ table, rows }) => ({ table, rows, change: 1 }));
        return this.#with(message.querySetId, bagAfter(new Map(), changes));
      }
      case 'UnsubscribeApplied':
        return this.#with(message.querySetId, undefined);
      case 'SubscriptionError':
        // Where a request id is refused because it is in use, the set that uses it goes on.
        return message.requestId === undefined ? this.#with(message.querySetId, undefined) : this;
      case 'TransactionUpdate':
        return this.#updated(message.querySets);
      case 'ReducerResult':
        return message.outcome.tag === 'Ok' ? this.#updated(message.outcome.querySets) : this;
      case 'InitialConnection':
      case 'OneOffQueryResult':
      case 'ProcedureResult':
        return this;
    }
  }

  /** The answer to a set that is subscribed again; `undefined` where there is no such set. */
  snapshot(querySetId: number): readonly TableRows[] | undefined {
    const bag = this.#sets.get(querySetId);
    if (bag === undefined) return undefined;
    return [...bag].map(([table, rows]) => ({
      table,
      rows: rowListOf([...rows].flatMap(([hex, count]) => Array.from({ length: count }, () => fromHex(hex)))),
    }));
  }

  /** What a client with these sets holds: `table hex` of every row, sorted. */
  visible(querySetIds: Iterable<number>): readonly string[] {
    const rows = new Set<string>();
    for (const querySetId of querySetIds) {
      for (const [table, bag] of this.#sets.get(querySetId) ?? []) {
        for (const hex of bag.keys()) rows.add(`${table} ${hex}`);
      }
    }
    return [...rows].sort();
  }

  #with(querySetId: number, bag: Bag | undefined): ServerRows {
    const sets = new Map(this.#sets);
    if (bag === undefined) sets.delete(querySetId);
    else sets.set(querySetId, bag);
    return new ServerRows(sets);
  }

  #updated(updates: readonly QuerySetUpdate[]): ServerRows {
    const sets = new Map(this.#sets);
    for (const { querySetId, tables } of updates) {
      const changes = tables.flatMap(({ table, rows }) =>
        rows.flatMap((update) => {
          if (update.tag === 'EventTable') return [];
          return [
            { table, rows: update.deletes, change: -1 },
            { table, rows: update.inserts, change: 1 },
          ];
        }),
      );
      sets.set(querySetId, bagAfter(sets.get(querySetId) ?? new Map(), changes));
    }
    return new ServerRows(sets);
  }
}

interface Change {
  readonly table: string;
  readonly rows: RowList;
  readonly change: number;
}

function bagAfter(bag: Bag, changes: readonly Change[]): Bag {
  const next = new Map([...bag].map(([table, rows]) => [table, new Map(rows)]));
  for (const { table, rows, change } of changes) {
    const counts = next.get(table) ?? new Map<string, number>();
    next.set(table, counts);
    for (const row of rowsOf(rows)) {
      const hex = toHex(row);
      const count = (counts.get(hex) ?? 0) + change;
      if (count === 0) counts.delete(hex);
      else counts.set(hex, count);
    }
  }
  return next;
}
