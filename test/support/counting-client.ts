import { toHex } from '../../src/bsatn/bytes.ts';
import { type ConnectionId } from '../../src/bsatn/special/connection-id.ts';
import { type Identity } from '../../src/bsatn/special/identity.ts';
import { type Subscriber } from '../../src/embedded/session/subscriptions.ts';
import { type RowList, rowsOf } from '../../src/wire/row-list.ts';
import { type TableRows } from '../../src/wire/server-message.ts';

/** How often each row is there, by table and bytes. */
export type Bag = Map<string, number>;

function add(bag: Bag, table: string, rows: RowList, by: 1 | -1): void {
  for (const row of rowsOf(rows)) {
    const key = `${table} ${toHex(row)}`;
    const count = (bag.get(key) ?? 0) + by;
    if (count < 0) throw new Error(`${key} is taken away more often than it was given`);
    if (count === 0) bag.delete(key);
    else bag.set(key, count);
  }
}

export function bagOf(tables: readonly TableRows[]): Bag {
  const bag: Bag = new Map();
  for (const { table, rows } of tables) add(bag, table, rows, 1);
  return bag;
}

/** A client that does nothing but count the rows that it is told of. */
export class CountingClient implements Subscriber {
  readonly identity: Identity;
  readonly connectionId: ConnectionId;
  readonly sets: Map<number, { readonly queries: ReadonlySet<string>; readonly held: Bag }> = new Map();

  constructor({ identity, connectionId }: Pick<Subscriber, 'identity' | 'connectionId'>) {
    this.identity = identity;
    this.connectionId = connectionId;
  }

  notify({ querySets }: Parameters<Subscriber['notify']>[0]): void {
    for (const { querySetId, tables } of querySets) {
      const held = this.sets.get(querySetId)?.held;
      if (held === undefined) throw new Error(`an update of query set ${querySetId}, which is not there`);
      for (const { table, rows } of tables) {
        for (const update of rows) {
          if (update.tag === 'EventTable') throw new Error(`${table} is no event table`);
          add(held, table, update.inserts, 1);
          add(held, table, update.deletes, -1);
        }
      }
    }
  }

  notifyFailure(querySetId: number, error: string): void {
    throw new Error(`query set ${querySetId} failed: ${error}`);
  }
}
