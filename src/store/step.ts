import { type BsatnReader } from '../bsatn/reader.ts';
import { type ProtocolError, type SchemaError } from '../errors.ts';
import { type EventContext } from './event-context.ts';
import { type OverlayStep } from './overlay/pending-changes.ts';

/** Encoded rows of one table, one after the other. The row lists of the wire are of this shape. */
export interface RowBytes {
  /** How many rows there are. */
  readonly length: number;
  /** What the rows lie in: their own bytes, or those of a whole message. */
  readonly data: Uint8Array;
  /** A reader of `data` that others use too, so that not every list needs one: whoever uses it sets its offset first. */
  readonly reader?: BsatnReader | undefined;
  /** Where row `index` begins in `data`. */
  start(index: number): number;
  /** Where row `index` ends in `data`. */
  end(index: number): number;
}

/** No rows, such as the deletes of a `SubscribeApplied`. */
export const noRows: RowBytes = { length: 0, data: new Uint8Array(0), start: () => 0, end: () => 0 };

/** What changed for one query, as the protocol says it: rows that are stored, or rows of an event table. */
export type RowUpdate =
  | { readonly tag: 'PersistentTable'; readonly inserts: RowBytes; readonly deletes: RowBytes }
  | { readonly tag: 'EventTable'; readonly events: RowBytes };

/** What changed in one table for one query of a query set; a message may have several of the same table and set. */
export interface RowChanges {
  readonly querySetId: number;
  /** The name on the wire. */
  readonly table: string;
  readonly rows: RowUpdate;
}

/**
 * One message of the server, or what this client expects of one.
 *
 * | message | `forget` | `changes` |
 * |---|---|---|
 * | SubscribeApplied | | its rows as inserts |
 * | UnsubscribeApplied, SubscriptionError | the set | |
 * | TransactionUpdate, ReducerResult | | everything in it |
 * | a call with optimistic changes is made | | none, but `begin` |
 * | its ReducerResult, or the end of the connection | | what is in it, and `end` |
 * | a set is asked for again, on this connection or the next | every set that was answered | the new rows as inserts |
 */
export interface Step extends OverlayStep {
  /** Why rows change. */
  readonly context: EventContext;
  /** Whether nobody hears of it, because nobody could listen yet: neither listeners nor `lastBatch`. */
  readonly isSilent?: boolean;
  /** Query sets whose rows leave. They are counted before the changes, so a set may leave and come back in one step. */
  readonly forget: readonly number[];
  readonly changes: readonly RowChanges[];
}

/** A query set whose rows the generated code cannot read. */
export interface RejectedSet {
  readonly querySetId: number;
  readonly error: SchemaError;
}

/** What became of a step. */
export interface StepResult {
  /** The sets that were dropped; further changes of theirs are ignored until a step forgets them. */
  readonly rejected: readonly RejectedSet[];
  /** Set when a count would have become negative: client and server disagree, and nothing of the step was applied. */
  readonly error: ProtocolError | undefined;
}
