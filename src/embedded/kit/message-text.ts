import { type ModuleModel } from '../../module-def/model.ts';
import { type ClientMessage } from '../../wire/client-message.ts';
import {
  type QuerySetUpdate,
  type ReducerOutcome,
  type ServerMessage,
  type TableRows,
  type TableUpdateRows,
} from '../../wire/server-message.ts';
import { positionalPrinter } from '../fronts/value-json.ts';

/** A message of a client in one short line; arguments are JSON by position. */
export function clientMessageText(message: ClientMessage, module: ModuleModel): string {
  switch (message.tag) {
    case 'Subscribe':
      return `Subscribe ${message.querySetId}: ${message.queries.join('; ')}`;
    case 'Unsubscribe':
      return `Unsubscribe ${message.querySetId}`;
    case 'OneOffQuery':
      return `OneOffQuery ${message.query}`;
    case 'CallReducer':
      return `CallReducer ${message.reducer} ${argumentsText(module, module.reducers, message.reducer, message.args)}`;
    case 'CallProcedure':
      return `CallProcedure ${message.procedure} ${argumentsText(module, module.procedures, message.procedure, message.args)}`;
  }
}

/** A message of the server in one short line; of rows only how many there are. */
export function serverMessageText(message: ServerMessage): string {
  switch (message.tag) {
    case 'InitialConnection':
      return 'InitialConnection';
    case 'SubscribeApplied':
      return `SubscribeApplied ${message.querySetId}${rowsText(message.tables)}`;
    case 'UnsubscribeApplied':
      return `UnsubscribeApplied ${message.querySetId}${rowsText(message.tables ?? [])}`;
    case 'SubscriptionError':
      return `SubscriptionError ${message.querySetId}: ${message.error}`;
    case 'TransactionUpdate':
      return `TransactionUpdate${updatesText(message.querySets)}`;
    case 'OneOffQueryResult':
      return 'ok' in message.result
        ? `OneOffQueryResult${rowsText(message.result.ok)}`
        : `OneOffQueryResult error ${message.result.err}`;
    case 'ReducerResult':
      return `ReducerResult ${outcomeText(message.outcome)}`;
    case 'ProcedureResult':
      return message.status.tag === 'Returned'
        ? 'ProcedureResult Returned'
        : `ProcedureResult InternalError ${message.status.message}`;
  }
}

function argumentsText(
  { typespace }: ModuleModel,
  functions: ModuleModel['reducers'] | ModuleModel['procedures'],
  name: string,
  args: Uint8Array,
): string {
  const model = functions.find((one) => one.name.canonical === name);
  if (model === undefined) return `${args.length} bytes`;
  try {
    return positionalPrinter({ tag: 'Product', elements: model.params }, typespace)(args);
  } catch {
    // A line for people to read: what is wrong with the arguments the server tells in its answer.
    return `${args.length} bytes`;
  }
}

function outcomeText(outcome: ReducerOutcome): string {
  switch (outcome.tag) {
    case 'Ok':
      return `Ok${updatesText(outcome.querySets)}`;
    case 'OkEmpty':
      return 'OkEmpty';
    case 'Err':
      return 'Err';
    case 'InternalError':
      return `InternalError ${outcome.message}`;
  }
}

function rowsText(tables: readonly TableRows[]): string {
  return tables.length === 0 ? '' : `: ${tables.map(({ table, rows }) => `${table} ${rows.length}`).join(', ')}`;
}

function updatesText(querySets: readonly QuerySetUpdate[]): string {
  return querySets
    .map(({ querySetId, tables }) => {
      const changes = tables.flatMap(({ table, rows }) => rows.map((change) => `${table} ${changeText(change)}`));
      return ` ${querySetId}: ${changes.join(', ')}`;
    })
    .join(';');
}

function changeText(change: TableUpdateRows): string {
  return change.tag === 'EventTable'
    ? `!${change.events.length}`
    : `+${change.inserts.length} -${change.deletes.length}`;
}
