import { Identity } from '../../../src/bsatn/special/identity.ts';
import { type RowList, rowsOf } from '../../../src/wire/row-list.ts';
import { type QuerySetUpdate, type ServerMessage } from '../../../src/wire/server-message.ts';
import { type Labels, littleEndian } from './labels.ts';
import { referenceTypespace, rowTypeOf } from './reference-schema.ts';
import { type Run } from './run.ts';
import { specialSpansOf } from './special-spans.ts';

/** The relations whose rows say when somebody joined, which no message says. */
const userRelations: ReadonlySet<string> = new Set(['user', 'me']);

/**
 * Names every time that a server chose: of a call after its connection and request id, of joining after the identity that joined. Rows that hold such a
 * time must then hold it in both runs, whoever gets to see them first.
 */
export function nameTimes(run: Run, labels: Labels): void {
  for (const turn of run) {
    for (const [connection, { messages }] of turn) {
      for (const message of messages) nameCallTime(connection, message, labels);
    }
  }
  for (const turn of run) {
    for (const { messages } of turn.values()) {
      for (const [table, rows] of messages.flatMap(rowListsOf)) {
        if (userRelations.has(table)) for (const row of rowsOf(rows)) nameJoined(table, row, labels);
      }
    }
  }
}

function nameCallTime(connection: string, message: ServerMessage, labels: Labels): void {
  if (message.tag !== 'ReducerResult' && message.tag !== 'ProcedureResult') return;
  labels.nameTime(message.timestamp.micros, `call ${message.requestId} of ${connection}`);
}

/** In a row of a user the identity comes first and the time of joining last. */
function nameJoined(table: string, row: Uint8Array, labels: Labels): void {
  const spans = specialSpansOf(row, rowTypeOf(table), referenceTypespace);
  const [first, last] = [spans[0], spans.at(-1)];
  if (first?.kind !== 'identity' || last?.kind !== 'timestamp') throw new Error(`a row of ${table} is no user`);
  const identity = labels.identity(new Identity(littleEndian(row.subarray(first.start, first.end))));
  labels.nameTime(BigInt.asIntN(64, littleEndian(row.subarray(last.start, last.end))), `joining, ${identity}`);
}

function rowListsOf(message: ServerMessage): readonly (readonly [string, RowList])[] {
  switch (message.tag) {
    case 'SubscribeApplied':
    case 'UnsubscribeApplied':
      return message.tables?.map(({ table, rows }) => [table, rows] as const) ?? [];
    case 'OneOffQueryResult':
      return 'ok' in message.result ? message.result.ok.map(({ table, rows }) => [table, rows] as const) : [];
    case 'TransactionUpdate':
      return updatesOf(message.querySets);
    case 'ReducerResult':
      return message.outcome.tag === 'Ok' ? updatesOf(message.outcome.querySets) : [];
    case 'InitialConnection':
    case 'SubscriptionError':
    case 'ProcedureResult':
      return [];
  }
}

function updatesOf(querySets: readonly QuerySetUpdate[]): readonly (readonly [string, RowList])[] {
  return querySets.flatMap(({ tables }) =>
    tables.flatMap(({ table, rows }) =>
      rows.flatMap((update): readonly (readonly [string, RowList])[] =>
        update.tag === 'EventTable'
          ? [[table, update.events]]
          : [
              [table, update.inserts],
              [table, update.deletes],
            ],
      ),
    ),
  );
}
