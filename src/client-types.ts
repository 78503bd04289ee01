import { type Identity } from './bsatn/special/identity.ts';
import { type CallOptions } from './calls/pending-calls.ts';
import { type TransactionResult } from './calls/result.ts';
import { type ModuleShape } from './drift/compare.ts';
import { type ListenerOptions, type Unsubscribe } from './listeners.ts';
import { type EventContext, type ReducerEvent } from './store/event-context.ts';
import { type OptimisticChange } from './store/overlay/optimistic-change.ts';

/** Which module the code was generated from. */
export interface ModuleStamp {
  /** The hash of the module's definition. */
  readonly hash: string;
  /** Loads what a server has to be like to fit the code; without it nothing is compared. */
  readonly schema?: () => Promise<{ readonly schema: ModuleShape }>;
}

/** What a reducer call may be given besides its arguments. */
export interface ReducerCallOptions extends CallOptions {
  /** What the call is expected to change: shown at once, and replaced by what the server says in the same step in which it answers. */
  readonly optimisticChanges?: readonly OptimisticChange[] | undefined;
  /** Without a connection the call is not made at all: its result is `dropped`. Such a call never waits in the offline queue. */
  readonly dropIfOffline?: boolean | undefined;
}

/** The context of an own reducer call. */
export interface ReducerContext extends EventContext {
  /** The call, with its arguments and how it ended. */
  readonly event: ReducerEvent;
}

/**
 * Calls a reducer. Fulfilled when it is committed and its rows are in the tables. Rejects with a `ReducerError` when it fails, with a `ConnectionError` or a
 * `TimeoutError` when there is no answer, with a `TypeError` for an argument outside its type, and with the reason of an abort.
 */
export type ReducerCall<Args> = (args: Args, options?: ReducerCallOptions) => Promise<TransactionResult>;

/** The same, of a reducer without parameters. */
export type ReducerCallWithoutArgs = (options?: ReducerCallOptions) => Promise<TransactionResult>;

/** Calls `listener` after each call of a reducer by this client that was answered, failed ones too; never after somebody else's. */
export type OnReducer<Args> = (
  listener: (context: ReducerContext, args: Args) => void,
  options?: ListenerOptions,
) => Unsubscribe;

/** Calls a procedure. Rejects with a `ProcedureError` when it fails, and otherwise like the call of a reducer. */
export type ProcedureCall<Args, Returned> = (args: Args, options?: CallOptions) => Promise<Returned>;

/** The same, of a procedure without parameters. */
export type ProcedureCallWithoutArgs<Returned> = (options?: CallOptions) => Promise<Returned>;

/** The identity of the client became another one. */
export interface IdentityChange {
  /** Who the client was, and whose rows are still shown. */
  readonly oldIdentity: Identity;
  /** Who the client is now. */
  readonly newIdentity: Identity;
}
