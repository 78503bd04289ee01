import * as fc from 'fast-check';
import { ConnectionId } from '../../src/bsatn/special/connection-id.ts';
import { Identity } from '../../src/bsatn/special/identity.ts';
import { TimeDuration } from '../../src/bsatn/special/time-duration.ts';
import { Timestamp } from '../../src/bsatn/special/timestamp.ts';
import { type ClientMessage } from '../../src/wire/client-message.ts';
import { type RowList, rowListOf } from '../../src/wire/row-list.ts';
import {
  type QuerySetUpdate,
  type ReducerOutcome,
  type ServerMessage,
  type TableRows,
  type TableUpdateRows,
} from '../../src/wire/server-message.ts';

const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const text = fc.string({ unit: 'binary', maxLength: 20 });
const bytes = fc.uint8Array({ maxLength: 12 });
const u64Micros = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const timestamp = u64Micros.map((micros) => new Timestamp(micros));

/** Rows of any lengths, rows of one length, rows without bytes, no rows. */
export const rows: fc.Arbitrary<readonly Uint8Array[]> = fc.oneof(
  fc.array(bytes, { maxLength: 5 }),
  fc.nat(9).chain((length) => fc.array(fc.uint8Array({ minLength: length, maxLength: length }), { maxLength: 5 })),
);

const rowList: fc.Arbitrary<RowList> = rows.map(rowListOf);

const list = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(item, { maxLength: 3 });
const tables: fc.Arbitrary<readonly TableRows[]> = list(fc.record({ table: text, rows: rowList }));

const tableUpdateRows: fc.Arbitrary<TableUpdateRows> = fc.oneof(
  fc.record({ tag: fc.constant('PersistentTable'), inserts: rowList, deletes: rowList }),
  fc.record({ tag: fc.constant('EventTable'), events: rowList }),
);

const querySets: fc.Arbitrary<readonly QuerySetUpdate[]> = list(
  fc.record({ querySetId: u32, tables: list(fc.record({ table: text, rows: list(tableUpdateRows) })) }),
);

const outcome: fc.Arbitrary<ReducerOutcome> = fc.oneof(
  fc.record({ tag: fc.constant('Ok'), returnValue: bytes, querySets }),
  fc.constant({ tag: 'OkEmpty' }),
  fc.record({ tag: fc.constant('Err'), error: bytes }),
  fc.record({ tag: fc.constant('InternalError'), message: text }),
);

const unsigned = (width: bigint): fc.Arbitrary<bigint> => fc.bigInt({ min: 0n, max: 2n ** width - 1n });

/** Server messages of each kind. */
export const serverMessagesByTag: { readonly [Tag in ServerMessage['tag']]: fc.Arbitrary<ServerMessage> } = {
  InitialConnection: fc.record({
    tag: fc.constant('InitialConnection'),
    identity: unsigned(256n).map((value) => new Identity(value)),
    connectionId: unsigned(128n).map((value) => new ConnectionId(value)),
    token: text,
  }),
  SubscribeApplied: fc.record({ tag: fc.constant('SubscribeApplied'), requestId: u32, querySetId: u32, tables }),
  UnsubscribeApplied: fc.record({
    tag: fc.constant('UnsubscribeApplied'),
    requestId: u32,
    querySetId: u32,
    tables: fc.option(tables, { nil: undefined }),
  }),
  SubscriptionError: fc.record({
    tag: fc.constant('SubscriptionError'),
    requestId: fc.option(u32, { nil: undefined }),
    querySetId: u32,
    error: text,
  }),
  TransactionUpdate: fc.record({ tag: fc.constant('TransactionUpdate'), querySets }),
  OneOffQueryResult: fc.record({
    tag: fc.constant('OneOffQueryResult'),
    requestId: u32,
    result: fc.oneof(fc.record({ ok: tables }), fc.record({ err: text })),
  }),
  ReducerResult: fc.record({ tag: fc.constant('ReducerResult'), requestId: u32, timestamp, outcome }),
  ProcedureResult: fc.record({
    tag: fc.constant('ProcedureResult'),
    requestId: u32,
    status: fc.oneof(
      fc.record({ tag: fc.constant('Returned'), value: bytes }),
      fc.record({ tag: fc.constant('InternalError'), message: text }),
    ),
    timestamp,
    duration: u64Micros.map((micros) => new TimeDuration(micros)),
  }),
};

/** Client messages of each kind. */
export const clientMessagesByTag: { readonly [Tag in ClientMessage['tag']]: fc.Arbitrary<ClientMessage> } = {
  Subscribe: fc.record({ tag: fc.constant('Subscribe'), requestId: u32, querySetId: u32, queries: list(text) }),
  Unsubscribe: fc.record({
    tag: fc.constant('Unsubscribe'),
    requestId: u32,
    querySetId: u32,
    sendDroppedRows: fc.boolean(),
  }),
  OneOffQuery: fc.record({ tag: fc.constant('OneOffQuery'), requestId: u32, query: text }),
  CallReducer: fc.record({ tag: fc.constant('CallReducer'), requestId: u32, reducer: text, args: bytes }),
  CallProcedure: fc.record({ tag: fc.constant('CallProcedure'), requestId: u32, procedure: text, args: bytes }),
};

export const serverMessages: fc.Arbitrary<ServerMessage> = fc.oneof(...Object.values(serverMessagesByTag));
export const clientMessages: fc.Arbitrary<ClientMessage> = fc.oneof(...Object.values(clientMessagesByTag));
