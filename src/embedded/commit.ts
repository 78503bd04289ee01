import { type ConnectionId } from '../bsatn/special/connection-id.ts';
import { type Death } from './death.ts';
import { type RelationDelta } from './relation.ts';
import { type ViewDelta } from './views.ts';

/** What one transaction changed. */
export interface Commit {
  /** Microseconds since the Unix epoch: the time that the function which made the changes was given. */
  readonly timestamp: bigint;
  /** The canonical name of the reducer or procedure; `undefined`: the server itself. */
  readonly functionName: string | undefined;
  /** The connection that called the reducer, which gets the changes with its result. A procedure's changes come to its caller as to everybody. */
  readonly callerConnection: ConnectionId | undefined;
  /** By canonical name of the table; rows of event tables are `inserted`. Unchanged tables are left out. */
  readonly deltas: ReadonlyMap<string, RelationDelta>;
  readonly viewDeltas: readonly ViewDelta[];
}

/** Times of a call, in microseconds. */
interface CallTimes {
  /** What the function was given as the present time, since the Unix epoch. */
  readonly timestamp: bigint;
  readonly durationMicros: bigint;
}

/** How a reducer call ended. */
export type ReducerOutcome = CallTimes &
  (
    | { readonly tag: 'committed'; readonly commit: Commit }
    /** The reducer returned an error; `error` is the BSATN of the message. */
    | { readonly tag: 'failed'; readonly message: string; readonly error: Uint8Array }
    | InternalError
  );

/** How a procedure call ended. */
export type ProcedureOutcome = CallTimes & ({ readonly tag: 'returned'; readonly value: Uint8Array } | InternalError);

/** A call that did not get to its end; the message is what clients are told. */
interface InternalError {
  readonly tag: 'internalError';
  readonly reason: CallProblem;
  readonly message: string;
  /** Only with the reason `fatal`. */
  readonly death?: Death;
}

/** Why a call failed that the function itself did not fail; only `fatal` means that it ran. */
export type CallProblem = 'unknownFunction' | 'lifecycle' | 'invalidArguments' | 'fatal';
