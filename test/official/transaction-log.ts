import { type EventContext } from '../../src/store/event-context.ts';
import { type SpacetimeDbClient } from '../generated/reference/index.ts';
import { type OfficialConnection, type OfficialContext } from './official-sdk.ts';
import { rowText } from './plain-value.ts';
import { type TableName } from './shared-types.ts';

/** Who called the reducer of a transaction, of two clients that are the only ones. */
type Caller = 'ours' | 'official';

/** What one client heard of one transaction: who called, and what became of which row, sorted. */
interface HeardTransaction {
  readonly caller: Caller;
  readonly changes: readonly string[];
}

/** The transactions that one client heard of, in the order in which it did. */
export interface TransactionLog {
  /** What it heard so far. */
  heard(): readonly HeardTransaction[];
}

/** Listens to tables of our client. */
export function logOurs(client: SpacetimeDbClient, tables: readonly TableName[]): TransactionLog {
  const log = newLog();
  const add = (context: EventContext, change: string): void =>
    log.add(context.event, context.isMyTransaction ? 'ours' : 'official', change);
  for (const name of tables) {
    const table = client.tables[name];
    table.onInsert(({ context, row }: { context: EventContext; row: object }) =>
      add(context, `insert ${name} ${rowText(row)}`),
    );
    if ('onUpdate' in table) {
      table.onUpdate(({ context, oldRow, newRow }: { context: EventContext; oldRow: object; newRow: object }) =>
        add(context, `update ${name} ${rowText(oldRow)} to ${rowText(newRow)}`),
      );
    }
    if ('onDelete' in table) {
      table.onDelete(({ context, row }: { context: EventContext; row: object }) =>
        add(context, `delete ${name} ${rowText(row)}`),
      );
    }
  }
  return log;
}

/** Listens to tables of the package. */
export function logOfficial(connection: OfficialConnection, tables: readonly TableName[]): TransactionLog {
  const log = newLog();
  const add = ({ event }: OfficialContext, change: string): void =>
    log.add(event.id, event.tag === 'Reducer' ? 'official' : 'ours', change);
  for (const name of tables) {
    const table = connection.db[name];
    table.onInsert((context, row) => add(context, `insert ${name} ${rowText(row)}`));
    table.onUpdate((context, oldRow, newRow) =>
      add(context, `update ${name} ${rowText(oldRow)} to ${rowText(newRow)}`),
    );
    table.onDelete((context, row) => add(context, `delete ${name} ${rowText(row)}`));
  }
  return log;
}

/** A log to which changes are added one by one; `transaction` is the same for all changes of one transaction, and for no other. */
function newLog(): TransactionLog & { add(transaction: unknown, caller: Caller, change: string): void } {
  const changesOf = new Map<unknown, { readonly caller: Caller; readonly changes: string[] }>();
  return {
    add: (transaction, caller, change) => {
      const known = changesOf.get(transaction);
      if (known === undefined) changesOf.set(transaction, { caller, changes: [change] });
      else known.changes.push(change);
    },
    heard: () => [...changesOf.values()].map(({ caller, changes }) => ({ caller, changes: [...changes].sort() })),
  };
}
