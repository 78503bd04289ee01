import { type BsatnReader } from '../bsatn/reader.ts';
import { type ConnectionId, connectionIdCodec } from '../bsatn/special/connection-id.ts';
import { type Identity, identityCodec } from '../bsatn/special/identity.ts';
import { type TimeDuration, timeDurationCodec } from '../bsatn/special/time-duration.ts';
import { type Timestamp, timestampCodec } from '../bsatn/special/timestamp.ts';
import { type BsatnWriter } from '../bsatn/writer.ts';
import { readRowList, type RowList, writeRowList } from './row-list.ts';

/** The first message of a connection. `token` is the one of the upgrade request, or a new one where there was none. */
export interface InitialConnection {
  readonly tag: 'InitialConnection';
  readonly identity: Identity;
  readonly connectionId: ConnectionId;
  readonly token: string;
}

/** The rows of one query; a table occurs once per query that returns it. */
export interface TableRows {
  readonly table: string;
  readonly rows: RowList;
}

/** A query set was accepted. Tables that are empty altogether are left out. */
export interface SubscribeApplied {
  readonly tag: 'SubscribeApplied';
  readonly requestId: number;
  readonly querySetId: number;
  readonly tables: readonly TableRows[];
}

/** A query set ended; `tables` holds its rows when they were asked for. */
export interface UnsubscribeApplied {
  readonly tag: 'UnsubscribeApplied';
  readonly requestId: number;
  readonly querySetId: number;
  readonly tables: readonly TableRows[] | undefined;
}

/** A query set was refused, or, without a request id, has failed after it had been accepted and is gone. */
export interface SubscriptionFailed {
  readonly tag: 'SubscriptionError';
  readonly requestId: number | undefined;
  readonly querySetId: number;
  readonly error: string;
}

/** The changes of one query to one table: of stored rows, or of an event table. */
export type TableUpdateRows =
  | { readonly tag: 'PersistentTable'; readonly inserts: RowList; readonly deletes: RowList }
  | { readonly tag: 'EventTable'; readonly events: RowList };

/** The changes to one table, one entry per query that is affected. */
interface TableUpdate {
  readonly table: string;
  readonly rows: readonly TableUpdateRows[];
}

/** The changes that one query set sees of a transaction. */
export interface QuerySetUpdate {
  readonly querySetId: number;
  readonly tables: readonly TableUpdate[];
}

/** A transaction of somebody else, or of an own procedure. */
interface TransactionUpdate {
  readonly tag: 'TransactionUpdate';
  readonly querySets: readonly QuerySetUpdate[];
}

/** The answer to a one-off query. */
export interface OneOffQueryResult {
  readonly tag: 'OneOffQueryResult';
  readonly requestId: number;
  readonly result: { readonly ok: readonly TableRows[] } | { readonly err: string };
}

/** How a reducer call ended. `Err` holds the BSATN of the reducer's error. */
export type ReducerOutcome =
  | { readonly tag: 'Ok'; readonly returnValue: Uint8Array; readonly querySets: readonly QuerySetUpdate[] }
  | { readonly tag: 'OkEmpty' }
  | { readonly tag: 'Err'; readonly error: Uint8Array }
  | { readonly tag: 'InternalError'; readonly message: string };

/** The answer to a reducer call; the caller's row changes are in here and come nowhere else. */
export interface ReducerResult {
  readonly tag: 'ReducerResult';
  readonly requestId: number;
  readonly timestamp: Timestamp;
  readonly outcome: ReducerOutcome;
}

/** How a procedure call ended. */
type ProcedureStatus =
  | { readonly tag: 'Returned'; readonly value: Uint8Array }
  | { readonly tag: 'InternalError'; readonly message: string };

/** The answer to a procedure call. */
export interface ProcedureResult {
  readonly tag: 'ProcedureResult';
  readonly requestId: number;
  readonly status: ProcedureStatus;
  readonly timestamp: Timestamp;
  readonly duration: TimeDuration;
}

/** What a server sends; the same in protocol v2 and v3. */
export type ServerMessage =
  | InitialConnection
  | SubscribeApplied
  | UnsubscribeApplied
  | SubscriptionFailed
  | TransactionUpdate
  | OneOffQueryResult
  | ReducerResult
  | ProcedureResult;

/** Reads one server message. */
export function readServerMessage(reader: BsatnReader): ServerMessage {
  switch (reader.u8()) {
    case 0:
      return {
        tag: 'InitialConnection',
        identity: identityCodec.read(reader),
        connectionId: connectionIdCodec.read(reader),
        token: reader.string(),
      };
    case 1:
      return {
        tag: 'SubscribeApplied',
        requestId: reader.u32(),
        querySetId: reader.u32(),
        tables: readQueryRows(reader),
      };
    case 2:
      return {
        tag: 'UnsubscribeApplied',
        requestId: reader.u32(),
        querySetId: reader.u32(),
        tables: reader.optionTag() ? readQueryRows(reader) : undefined,
      };
    case 3:
      return {
        tag: 'SubscriptionError',
        requestId: reader.optionTag() ? reader.u32() : undefined,
        querySetId: reader.u32(),
        error: reader.string(),
      };
    case 4:
      return { tag: 'TransactionUpdate', querySets: readQuerySets(reader) };
    case 5:
      return {
        tag: 'OneOffQueryResult',
        requestId: reader.u32(),
        result: reader.resultTag() ? { ok: readQueryRows(reader) } : { err: reader.string() },
      };
    case 6:
      return {
        tag: 'ReducerResult',
        requestId: reader.u32(),
        timestamp: timestampCodec.read(reader),
        outcome: readReducerOutcome(reader),
      };
    case 7:
      return readProcedureResult(reader);
    default:
      return reader.unknownTag('ServerMessage');
  }
}

function readList<T>(reader: BsatnReader, type: string, minSize: number, read: (reader: BsatnReader) => T): T[] {
  const count = reader.count(type, minSize);
  if (count === 0) return [];
  // An empty array that is pushed to makes room for 16; mostly there is one of each: query set, table and query.
  const items = [read(reader)];
  while (items.length < count) items.push(read(reader));
  return items;
}

function readQueryRows(reader: BsatnReader): TableRows[] {
  return readList(reader, 'QueryRows', 11, () => ({ table: reader.repeatedString(), rows: readRowList(reader) }));
}

function readQuerySets(reader: BsatnReader): QuerySetUpdate[] {
  return readList(reader, 'QuerySetUpdate', 8, () => ({
    querySetId: reader.u32(),
    tables: readList(reader, 'TableUpdate', 8, readTableUpdate),
  }));
}

function readTableUpdate(reader: BsatnReader): TableUpdate {
  return { table: reader.repeatedString(), rows: readList(reader, 'TableUpdateRows', 8, readTableUpdateRows) };
}

function readTableUpdateRows(reader: BsatnReader): TableUpdateRows {
  switch (reader.u8()) {
    case 0:
      return { tag: 'PersistentTable', inserts: readRowList(reader), deletes: readRowList(reader) };
    case 1:
      return { tag: 'EventTable', events: readRowList(reader) };
    default:
      return reader.unknownTag('TableUpdateRows');
  }
}

function readReducerOutcome(reader: BsatnReader): ReducerOutcome {
  switch (reader.u8()) {
    case 0:
      return { tag: 'Ok', returnValue: reader.byteArray(), querySets: readQuerySets(reader) };
    case 1:
      return { tag: 'OkEmpty' };
    case 2:
      return { tag: 'Err', error: reader.byteArray() };
    case 3:
      return { tag: 'InternalError', message: reader.string() };
    default:
      return reader.unknownTag('ReducerOutcome');
  }
}

/** The request id comes last here, other than in every other answer. */
function readProcedureResult(reader: BsatnReader): ProcedureResult {
  const status = readProcedureStatus(reader);
  const timestamp = timestampCodec.read(reader);
  const duration = timeDurationCodec.read(reader);
  return { tag: 'ProcedureResult', requestId: reader.u32(), status, timestamp, duration };
}

function readProcedureStatus(reader: BsatnReader): ProcedureStatus {
  switch (reader.u8()) {
    case 0:
      return { tag: 'Returned', value: reader.byteArray() };
    case 1:
      return { tag: 'InternalError', message: reader.string() };
    default:
      return reader.unknownTag('ProcedureStatus');
  }
}

/** Writes one server message. */
export function writeServerMessage(writer: BsatnWriter, message: ServerMessage): void {
  switch (message.tag) {
    case 'InitialConnection':
      writer.u8(0);
      identityCodec.write(writer, message.identity);
      connectionIdCodec.write(writer, message.connectionId);
      writer.string(message.token);
      return;
    case 'SubscribeApplied':
      writer.u8(1);
      writer.u32(message.requestId);
      writer.u32(message.querySetId);
      writeQueryRows(writer, message.tables);
      return;
    case 'UnsubscribeApplied':
      writer.u8(2);
      writer.u32(message.requestId);
      writer.u32(message.querySetId);
      if (writer.optionTag(message.tables)) writeQueryRows(writer, message.tables);
      return;
    case 'SubscriptionError':
      writer.u8(3);
      if (writer.optionTag(message.requestId)) writer.u32(message.requestId);
      writer.u32(message.querySetId);
      writer.string(message.error);
      return;
    case 'TransactionUpdate':
      writer.u8(4);
      writeQuerySets(writer, message.querySets);
      return;
    case 'OneOffQueryResult':
      writer.u8(5);
      writer.u32(message.requestId);
      writeOneOffResult(writer, message.result);
      return;
    case 'ReducerResult':
      writer.u8(6);
      writer.u32(message.requestId);
      timestampCodec.write(writer, message.timestamp);
      writeReducerOutcome(writer, message.outcome);
      return;
    case 'ProcedureResult':
      writer.u8(7);
      writeProcedureStatus(writer, message.status);
      timestampCodec.write(writer, message.timestamp);
      timeDurationCodec.write(writer, message.duration);
      writer.u32(message.requestId);
      return;
  }
}

function writeQueryRows(writer: BsatnWriter, tables: readonly TableRows[]): void {
  writer.u32(tables.length);
  for (const { table, rows } of tables) {
    writer.string(table);
    writeRowList(writer, rows);
  }
}

function writeQuerySets(writer: BsatnWriter, querySets: readonly QuerySetUpdate[]): void {
  writer.u32(querySets.length);
  for (const { querySetId, tables } of querySets) {
    writer.u32(querySetId);
    writer.u32(tables.length);
    for (const table of tables) writeTableUpdate(writer, table);
  }
}

function writeTableUpdate(writer: BsatnWriter, { table, rows }: TableUpdate): void {
  writer.string(table);
  writer.u32(rows.length);
  for (const update of rows) {
    if (update.tag === 'PersistentTable') {
      writer.u8(0);
      writeRowList(writer, update.inserts);
      writeRowList(writer, update.deletes);
    } else {
      writer.u8(1);
      writeRowList(writer, update.events);
    }
  }
}

function writeOneOffResult(writer: BsatnWriter, result: OneOffQueryResult['result']): void {
  if ('ok' in result) {
    writer.u8(0);
    writeQueryRows(writer, result.ok);
  } else {
    writer.u8(1);
    writer.string(result.err);
  }
}

function writeReducerOutcome(writer: BsatnWriter, outcome: ReducerOutcome): void {
  switch (outcome.tag) {
    case 'Ok':
      writer.u8(0);
      writer.byteArray(outcome.returnValue);
      writeQuerySets(writer, outcome.querySets);
      return;
    case 'OkEmpty':
      writer.u8(1);
      return;
    case 'Err':
      writer.u8(2);
      writer.byteArray(outcome.error);
      return;
    case 'InternalError':
      writer.u8(3);
      writer.string(outcome.message);
      return;
  }
}

function writeProcedureStatus(writer: BsatnWriter, status: ProcedureStatus): void {
  if (status.tag === 'Returned') {
    writer.u8(0);
    writer.byteArray(status.value);
  } else {
    writer.u8(1);
    writer.string(status.message);
  }
}
