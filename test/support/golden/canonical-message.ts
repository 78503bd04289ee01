import { toHex } from '../../../src/bsatn/bytes.ts';
import { BsatnWriter } from '../../../src/bsatn/writer.ts';
import { type RowList, rowsOf, writeRowList } from '../../../src/wire/row-list.ts';
import {
  type QuerySetUpdate,
  type ReducerOutcome,
  type ServerMessage,
  type TableRows,
  type TableUpdateRows,
} from '../../../src/wire/server-message.ts';
import { type Json } from './json.ts';
import { type Labels } from './labels.ts';
import { referenceTypespace, rowTypeOf } from './reference-schema.ts';

/**
 * A server message in a form in which two runs can be compared for equality. What may differ is made equal, and nothing else:
 *
 * - identities, connection ids, tokens and times have names
 * - the rows of a list are sorted; its size hint is kept
 * - durations that are not zero, and what follows `fatal error:`, are left out
 * - where a server goes through the queries of a set in the order of a hash table (rows that are dropped, changes of one table), they are sorted
 */
export function canonicalMessage(message: ServerMessage, labels: Labels): Json {
  switch (message.tag) {
    case 'InitialConnection': {
      const { tag, identity, connectionId, token } = message;
      return {
        tag,
        identity: labels.identity(identity),
        connectionId: labels.connection(connectionId),
        token: token === '' ? 'none' : 'some',
      };
    }
    case 'SubscribeApplied':
      return { ...ids(message), tables: message.tables.map((table) => tableRows(table, labels)) };
    case 'UnsubscribeApplied':
      return { ...ids(message), tables: droppedRows(message.tables, labels) };
    case 'SubscriptionError': {
      const { tag, requestId, querySetId, error } = message;
      return { tag, requestId: requestId ?? 'none', querySetId, error: canonicalText(error, labels) };
    }
    case 'TransactionUpdate':
      return { tag: message.tag, querySets: querySets(message.querySets, labels) };
    case 'OneOffQueryResult': {
      const { tag, requestId, result } = message;
      if ('err' in result) return { tag, requestId, err: canonicalText(result.err, labels) };
      return { tag, requestId, ok: result.ok.map((table) => tableRows(table, labels)) };
    }
    case 'ReducerResult': {
      const { tag, requestId, timestamp, outcome } = message;
      return { tag, requestId, timestamp: labels.time(timestamp.micros), outcome: reducerOutcome(outcome, labels) };
    }
    case 'ProcedureResult': {
      const { tag, requestId, status, timestamp, duration } = message;
      return {
        tag,
        requestId,
        status: status.tag === 'Returned' ? toHex(status.value) : canonicalText(status.message, labels),
        returned: status.tag === 'Returned',
        timestamp: labels.time(timestamp.micros),
        duration: duration.micros === 0n ? 'zero' : 'some',
      };
    }
  }
}

/** A text of a server with names in place of ids, and without what is its runtime's own. */
function canonicalText(text: string, labels: Labels): string {
  return labels.inText(text).replace(/(fatal error:)[^]*/, '$1 …');
}

function ids(message: { readonly tag: string; readonly requestId: number; readonly querySetId: number }): {
  readonly [name: string]: Json;
} {
  return { tag: message.tag, requestId: message.requestId, querySetId: message.querySetId };
}

function droppedRows(tables: readonly TableRows[] | undefined, labels: Labels): Json {
  return tables === undefined ? 'none' : sorted(tables.map((table) => tableRows(table, labels)));
}

function tableRows({ table, rows }: TableRows, labels: Labels): Json {
  return { table, rows: rowList(table, rows, labels) };
}

function querySets(updates: readonly QuerySetUpdate[], labels: Labels): Json {
  return updates.map(({ querySetId, tables }) => ({
    querySetId,
    tables: tables.map(({ table, rows }) => ({
      table,
      rows: sorted(rows.map((update) => updateRows(table, update, labels))),
    })),
  }));
}

function updateRows(table: string, update: TableUpdateRows, labels: Labels): Json {
  if (update.tag === 'EventTable') return { tag: update.tag, events: rowList(table, update.events, labels) };
  return {
    tag: update.tag,
    inserts: rowList(table, update.inserts, labels),
    deletes: rowList(table, update.deletes, labels),
  };
}

function reducerOutcome(outcome: ReducerOutcome, labels: Labels): Json {
  switch (outcome.tag) {
    case 'Ok': {
      const { tag, returnValue } = outcome;
      return { tag, returnValue: toHex(returnValue), querySets: querySets(outcome.querySets, labels) };
    }
    case 'OkEmpty':
      return { tag: outcome.tag };
    case 'Err':
      return { tag: outcome.tag, error: toHex(outcome.error) };
    case 'InternalError':
      return { tag: outcome.tag, message: canonicalText(outcome.message, labels) };
  }
}

function rowList(table: string, rows: RowList, labels: Labels): Json {
  const type = rowTypeOf(table);
  const texts = rowsOf(rows).map((row) => labels.inBytes(row, type, referenceTypespace));
  return { hint: hintOf(rows), rows: texts.sort() };
}

/** The hint as it goes over the wire: `00` and the size, or `01` alone, since the offsets follow from the rows. */
function hintOf(rows: RowList): string {
  const writer = new BsatnWriter();
  writeRowList(writer, rows);
  const bytes = writer.finish();
  return toHex(bytes.subarray(0, bytes[0] === 0 ? 3 : 1));
}

function sorted(items: readonly Json[]): readonly Json[] {
  return items
    .map((item) => ({ item, key: JSON.stringify(item) }))
    .sort((left, right) => (left.key < right.key ? -1 : 1))
    .map(({ item }) => item);
}
