import { type BsatnReader } from '../bsatn/reader.ts';
import { type BsatnWriter } from '../bsatn/writer.ts';

/** Registers a query set under an id that the client chose. All of its queries are accepted, or none. */
export interface SubscribeMessage {
  readonly tag: 'Subscribe';
  readonly requestId: number;
  readonly querySetId: number;
  readonly queries: readonly string[];
}

/** Ends a query set. */
export interface UnsubscribeMessage {
  readonly tag: 'Unsubscribe';
  readonly requestId: number;
  readonly querySetId: number;
  /** Whether the answer shall hold the rows of the set. */
  readonly sendDroppedRows: boolean;
}

/** Asks once for the rows of one query. */
export interface OneOffQueryMessage {
  readonly tag: 'OneOffQuery';
  readonly requestId: number;
  readonly query: string;
}

/** Calls a reducer; `args` is the BSATN of its parameters as a product. */
export interface CallReducerMessage {
  readonly tag: 'CallReducer';
  readonly requestId: number;
  readonly reducer: string;
  readonly args: Uint8Array;
}

/** Calls a procedure; `args` is the BSATN of its parameters as a product. */
export interface CallProcedureMessage {
  readonly tag: 'CallProcedure';
  readonly requestId: number;
  readonly procedure: string;
  readonly args: Uint8Array;
}

/** What a client sends; the same in protocol v2 and v3. Frames of clients carry no compression byte and are never compressed. */
export type ClientMessage =
  | SubscribeMessage
  | UnsubscribeMessage
  | OneOffQueryMessage
  | CallReducerMessage
  | CallProcedureMessage;

/** Reads one client message. */
export function readClientMessage(reader: BsatnReader): ClientMessage {
  switch (reader.u8()) {
    case 0:
      return { tag: 'Subscribe', requestId: reader.u32(), querySetId: reader.u32(), queries: readQueries(reader) };
    case 1:
      return {
        tag: 'Unsubscribe',
        requestId: reader.u32(),
        querySetId: reader.u32(),
        sendDroppedRows: readUnsubscribeFlags(reader),
      };
    case 2:
      return { tag: 'OneOffQuery', requestId: reader.u32(), query: reader.string() };
    case 3: {
      const requestId = reader.u32();
      readCallFlags(reader, 'call reducer');
      return { tag: 'CallReducer', requestId, reducer: reader.string(), args: reader.byteArray() };
    }
    case 4: {
      const requestId = reader.u32();
      readCallFlags(reader, 'call procedure');
      return { tag: 'CallProcedure', requestId, procedure: reader.string(), args: reader.byteArray() };
    }
    default:
      return reader.unknownTag('ClientMessage');
  }
}

function readQueries(reader: BsatnReader): string[] {
  const count = reader.count('query strings', 4);
  return Array.from({ length: count }, () => reader.string());
}

function readUnsubscribeFlags(reader: BsatnReader): boolean {
  switch (reader.u8()) {
    case 0:
      return false;
    case 1:
      return true;
    default:
      return reader.unknownTag('UnsubscribeFlags');
  }
}

/** The flags of a call are reserved: zero in 2.x. */
function readCallFlags(reader: BsatnReader, call: string): void {
  const at = reader.offset;
  const flags = reader.u8();
  if (flags !== 0) reader.fail('call flags', at, `invalid ${call} flag ${flags}`);
}

/** Writes one client message. */
export function writeClientMessage(writer: BsatnWriter, message: ClientMessage): void {
  switch (message.tag) {
    case 'Subscribe':
      writer.u8(0);
      writer.u32(message.requestId);
      writer.u32(message.querySetId);
      writer.u32(message.queries.length);
      for (const query of message.queries) writer.string(query);
      return;
    case 'Unsubscribe':
      writer.u8(1);
      writer.u32(message.requestId);
      writer.u32(message.querySetId);
      writer.u8(message.sendDroppedRows ? 1 : 0);
      return;
    case 'OneOffQuery':
      writer.u8(2);
      writer.u32(message.requestId);
      writer.string(message.query);
      return;
    case 'CallReducer':
      writer.u8(3);
      writeCall(writer, message.requestId, message.reducer, message.args);
      return;
    case 'CallProcedure':
      writer.u8(4);
      writeCall(writer, message.requestId, message.procedure, message.args);
      return;
  }
}

function writeCall(writer: BsatnWriter, requestId: number, name: string, args: Uint8Array): void {
  writer.u32(requestId);
  writer.u8(0);
  writer.string(name);
  writer.byteArray(args);
}
