import { type Identity } from './bsatn/special/identity.ts';
import { type CallOptions } from './calls/pending-calls.ts';
import { type ModuleShape } from './drift/compare.ts';
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
  readonly optimisticChanges?: readonly OptimisticChange[];
  /** Without a connection the call is not made at all: its result is `dropped`. Such a call never waits in the offline queue. */
  readonly dropIfOffline?: boolean;
}

/** The context of an own reducer call. */
export interface ReducerContext extends EventContext {
  readonly event: ReducerEvent;
}

/** The identity of the client became another one. */
export interface IdentityChange {
  readonly oldIdentity: Identity;
  readonly newIdentity: Identity;
}
