import { type ConnectionId } from '../bsatn/special/connection-id.ts';
import { type Identity } from '../bsatn/special/identity.ts';
import { type EncodedRange } from './datastore/table-index.ts';
import { type LogLine } from './log-record.ts';
import { type HttpOutcome } from './procedures/http-request.ts';
import { type StoredRow } from './relation.ts';

/** Who calls a function of a module, and when. */
export interface Caller {
  readonly sender: Identity;
  readonly connectionId: ConnectionId | undefined;
  /** Microseconds since the Unix epoch. */
  readonly timestamp: bigint;
}

/** A call of a reducer or procedure; `id` is its position in the definition, `args` the BSATN of its parameters. */
export interface FunctionCall extends Caller {
  readonly id: number;
  readonly args: Uint8Array;
}

/** A call of a view; `id` is the one of the definition. Anonymous views have no sender. */
export interface ViewCall {
  readonly id: number;
  readonly sender: Identity | undefined;
}

/** How a reducer that ran to its end ended: with success or with an error text of its own. */
export type ReducerReturn = { readonly tag: 'ok' } | { readonly tag: 'error'; readonly message: string };

/** What a view answers: an array of rows in BSATN, or a query. */
export type ViewReturn =
  | { readonly tag: 'rows'; readonly rows: Uint8Array }
  | { readonly tag: 'query'; readonly sql: string };

/**
 * Runs the functions of one module, whatever language it is in. All calls are synchronous, and may call the {@link HostOps} they were opened with.
 * A call that dies in a trap or an exception throws a {@link ModuleTrap}; the host has then replaced what died and can be called again.
 */
export interface ModuleHost {
  /** BSATN of `RawModuleDef`. */
  readonly definition: Uint8Array;
  callReducer(call: FunctionCall): ReducerReturn;
  callView(call: ViewCall): ViewReturn;
  /** The result is the BSATN of the return value: at once, or when the procedure has waited for what it wanted to wait for. */
  callProcedure(call: FunctionCall, context: ProcedureContext): Uint8Array | Promise<Uint8Array>;
  /** Ends what still runs. */
  close?(): void;
}

/** A call of a procedure, which others may come in between of while it waits. */
export interface ProcedureContext {
  /** Carries out what the procedure asks for, in its name. */
  readonly within: <T>(run: () => T) => T;
  isInTransaction(): boolean;
  /** Takes back the transaction that is open, if there is one. */
  abandon(): void;
}

/** Makes the host of a module; what the module asks for goes to `ops`. Throws a `ModuleLoadError`. */
export type HostFactory = (ops: HostOps) => Promise<ModuleHost>;

/** What is known of how a function of the module died. */
export interface ModuleTrapDetails {
  readonly cause?: unknown;
  /** The calls that led to it, the innermost first, each as `name (file:line:column)`. */
  readonly trace?: readonly string[];
  /** Where in the source it was; only of modules in TypeScript. */
  readonly place?: Pick<LogLine, 'filename' | 'lineNumber'>;
}

/** A function of the module died. The message is the runtime's text, such as `unreachable`. */
export class ModuleTrap extends Error {
  readonly trace: readonly string[];
  readonly place: ModuleTrapDetails['place'];

  constructor(message: string, { cause, trace = [], place }: ModuleTrapDetails = {}) {
    super(message, { cause });
    this.name = 'ModuleTrap';
    this.trace = trace;
    this.place = place;
  }
}

/** A row as modules read it. */
export type RowBytes = Pick<StoredRow, 'bytes'>;

/**
 * What a module may ask for while one of its functions runs. What cannot be done throws a `HostError` and changes nothing; the module may catch it and go on.
 * Any other error ends the call.
 */
export interface HostOps {
  /** The identity of the database. */
  readonly identity: Identity;
  tableId(name: string): number;
  indexId(name: string): number;
  rowCount(table: number): number;
  scanTable(table: number): readonly RowBytes[];
  scanPoint(index: number, point: Uint8Array): readonly RowBytes[];
  scanRange(index: number, range: EncodedRange): readonly RowBytes[];
  /** `row` belongs to the database from here on. The result is the values of auto-increment columns that were generated. */
  insert(table: number, row: Uint8Array): Uint8Array;
  /** As `insert`, in place of the row with the same key in a unique index. */
  update(table: number, index: number, row: Uint8Array): Uint8Array;
  /** Deletes the rows of a list (`u32` count first) that are there; the result is how many were. */
  deleteRows(table: number, rows: Uint8Array): number;
  deletePoint(index: number, point: Uint8Array): number;
  deleteRange(index: number, range: EncodedRange): number;
  clear(table: number): number;
  /** The claims of the token that a connection came with, as JSON text in UTF-8; `undefined`: no such connection. */
  tokenPayload(connectionId: ConnectionId): Uint8Array | undefined;
  /** Opens the transaction of a procedure; the result is its timestamp. */
  startTransaction(): bigint;
  commitTransaction(): void;
  abortTransaction(): void;
  /** Waits until a time in microseconds; the result is the time then. Throws an `Error` where nothing may wait: outside of procedures and in transactions. */
  sleep(untilMicros: bigint): Promise<bigint>;
  /** Makes an HTTP request; `request` is BSATN. Throws a `HostError` where nothing may wait, and for bytes that are no request. */
  httpRequest(request: Uint8Array, body: Uint8Array): Promise<HttpOutcome>;
  /** Has a reducer called soon, outside of the present transaction and whether that commits or not. */
  scheduleNow(reducer: string, args: Uint8Array): void;
  log(line: LogLine): void;
  /** Notes what the function that is running, or the module while it is loaded, did wrong without failing; `mistake` is a sentence without its subject. */
  logMistake(level: 'warn' | 'error', mistake: string, place: ModuleTrapDetails['place']): void;
  /** Microseconds since the Unix epoch. */
  nowMicros(): bigint;
  random(size: number): Uint8Array;
}
