/** The stable code of every error class of this package; the key that {@link isSpacetimeDbError} compares. */
export type SpacetimeDbErrorCode =
  | 'reducer'
  | 'connection'
  | 'auth'
  | 'timeout'
  | 'schema'
  | 'protocol'
  | 'subscription'
  | 'procedure'
  | 'queueFull'
  | 'mutationDiscarded'
  | 'storage';

/** Marks errors of this package across two installed copies of it, where `instanceof` would fail. */
const brand = Symbol.for('spacetimedb-signals.error');

/** The base of all errors that this package throws or rejects with. */
export abstract class SpacetimeDbError extends Error {
  /** Tells the classes apart without `instanceof`. */
  abstract readonly code: SpacetimeDbErrorCode;

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    Object.defineProperty(this, brand, { value: true });
  }
}

/**
 * Whether `error` was made by this package, and, when `code` is given, is of that code.
 * Holds also for an error of a second copy of the package.
 */
export function isSpacetimeDbError<Code extends SpacetimeDbErrorCode>(
  error: unknown,
  code?: Code,
): error is SpacetimeDbErrors[Code] {
  if (typeof error !== 'object' || error === null || !(brand in error) || !('code' in error)) return false;
  return code === undefined || error.code === code;
}

/** A reducer that the server ran, or refused to run, without committing it. */
export class ReducerError extends SpacetimeDbError {
  override readonly name: string = 'ReducerError';
  readonly code = 'reducer' as const;
  /** The wire name of the reducer. */
  readonly reducer: string;
  /** `failed`: the reducer returned an error. `internalError`: it panicked, does not exist or could not read its arguments. */
  readonly status: 'failed' | 'internalError';
  /** What the server sent: BSATN for `failed` (of a String in 2.x), UTF-8 text for `internalError`. */
  readonly errorBytes: Uint8Array;

  constructor(reducer: string, status: 'failed' | 'internalError', message: string, errorBytes: Uint8Array) {
    super(message);
    this.reducer = reducer;
    this.status = status;
    this.errorBytes = errorBytes;
  }
}

/** The connection could not be made, or broke while something was under way. */
export class ConnectionError extends SpacetimeDbError {
  override readonly name: string = 'ConnectionError';
  readonly code: 'connection' | 'auth' = 'connection';
}

/** The server refused the token. Connecting again with the same token cannot help. */
export class AuthError extends ConnectionError {
  override readonly name: string = 'AuthError';
  override readonly code = 'auth' as const;
}

/** Something took longer than the time that was given to it. */
export class TimeoutError extends SpacetimeDbError {
  override readonly name: string = 'TimeoutError';
  readonly code = 'timeout' as const;
}

/** What a {@link SchemaError} is about, by names on the wire. */
interface SchemaErrorOptions {
  readonly table?: string;
  readonly column?: string;
  readonly reducer?: string;
  readonly procedure?: string;
  readonly cause?: unknown;
}

/** The generated code does not fit the module that the server runs. Running `generate` and building again mends it; a page that is open has to be loaded anew. */
export class SchemaError extends SpacetimeDbError {
  override readonly name: string = 'SchemaError';
  readonly code = 'schema' as const;
  /** The wire name of the table, where one is at fault. */
  readonly table: string | undefined;
  /** The wire name of the column, where one is at fault. */
  readonly column: string | undefined;
  /** The wire name of the reducer, where one is at fault. */
  readonly reducer: string | undefined;
  /** The wire name of the procedure, where one is at fault. */
  readonly procedure: string | undefined;

  constructor(message: string, options: SchemaErrorOptions = {}) {
    super(message, options);
    this.table = options.table;
    this.column = options.column;
    this.reducer = options.reducer;
    this.procedure = options.procedure;
  }
}

/** Bytes that do not follow the protocol. */
export class ProtocolError extends SpacetimeDbError {
  override readonly name: string = 'ProtocolError';
  readonly code = 'protocol' as const;
}

/** The server rejected a query, or gave up on a query set. The message is the server's own text. */
export class SubscriptionError extends SpacetimeDbError {
  override readonly name: string = 'SubscriptionError';
  readonly code = 'subscription' as const;
  /** The queries of the set, or the one-off query. */
  readonly queries: readonly string[];

  constructor(message: string, queries: readonly string[], options?: { readonly cause?: unknown }) {
    super(message, options);
    this.queries = queries;
  }
}

/** A procedure that the server could not run to its end. The message is the server's own text. */
export class ProcedureError extends SpacetimeDbError {
  override readonly name: string = 'ProcedureError';
  readonly code = 'procedure' as const;
  /** The wire name of the procedure. */
  readonly procedure: string;

  constructor(procedure: string, message: string) {
    super(message);
    this.procedure = procedure;
  }
}

/** The offline queue is full and its policy says to reject new mutations. */
export class QueueFullError extends SpacetimeDbError {
  override readonly name: string = 'QueueFullError';
  readonly code = 'queueFull' as const;
}

/** A queued mutation that left the queue without being answered by the server. */
export class MutationDiscardedError extends SpacetimeDbError {
  override readonly name: string = 'MutationDiscardedError';
  readonly code = 'mutationDiscarded' as const;
  /** Why: it waited too long, a hook refused it, or the queue was full. */
  readonly reason: 'expired' | 'vetoed' | 'evicted';

  constructor(reason: 'expired' | 'vetoed' | 'evicted', message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.reason = reason;
  }
}

/** The storage below the cache or the token failed; `cause` is its error. */
export class StorageError extends SpacetimeDbError {
  override readonly name: string = 'StorageError';
  readonly code = 'storage' as const;
}

/** The class that belongs to each code. */
export interface SpacetimeDbErrors {
  /** A reducer failed. */
  reducer: ReducerError;
  /** There is no connection, or it broke. */
  connection: ConnectionError;
  /** The server refused the token. */
  auth: AuthError;
  /** No answer in time. */
  timeout: TimeoutError;
  /** The generated code does not fit the server. */
  schema: SchemaError;
  /** Bytes that cannot be read. */
  protocol: ProtocolError;
  /** The server refused a query. */
  subscription: SubscriptionError;
  /** A procedure failed. */
  procedure: ProcedureError;
  /** The offline queue is full. */
  queueFull: QueueFullError;
  /** A call left the offline queue unsent. */
  mutationDiscarded: MutationDiscardedError;
  /** A store failed. */
  storage: StorageError;
}

/**
 * What a caught value has to say. It need not be an `Error` of this realm: where a test runner gives each file globals of its own, Node's errors are none of
 * them, and `instanceof` fails.
 */
export function messageOf(caught: unknown): string {
  const { message } = partsOf(caught);
  return typeof message === 'string' ? message : String(caught);
}

/** Whether a caught value is an error of the system or of Node with this `code`, such as `ENOENT`; of whatever realm. */
export function hasCode(caught: unknown, code: string): boolean {
  return partsOf(caught).code === code;
}

function partsOf(caught: unknown): { readonly message?: unknown; readonly code?: unknown } {
  return typeof caught === 'object' && caught !== null ? caught : {};
}
