import { type QuerySetUpdate, type ServerMessage, type TableRows } from '../wire/server-message.ts';

/** How many rows a message holds. Their bytes alone bound that badly: rows may be of one byte, or of none. */
export function rowCountOf(message: ServerMessage): number {
  switch (message.tag) {
    case 'SubscribeApplied':
      return countRows(message.tables);
    case 'UnsubscribeApplied':
      return countRows(message.tables ?? []);
    case 'OneOffQueryResult':
      return 'ok' in message.result ? countRows(message.result.ok) : 0;
    case 'TransactionUpdate':
      return countUpdates(message.querySets);
    case 'ReducerResult':
      return message.outcome.tag === 'Ok' ? countUpdates(message.outcome.querySets) : 0;
    case 'InitialConnection':
    case 'SubscriptionError':
    case 'ProcedureResult':
      return 0;
  }
}

function countRows(tables: readonly TableRows[]): number {
  let count = 0;
  for (const { rows } of tables) count += rows.length;
  return count;
}

function countUpdates(querySets: readonly QuerySetUpdate[]): number {
  let count = 0;
  for (const { tables } of querySets) {
    for (const { rows } of tables) {
      for (const update of rows) {
        count += update.tag === 'EventTable' ? update.events.length : update.inserts.length + update.deletes.length;
      }
    }
  }
  return count;
}
