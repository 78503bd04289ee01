/** Where the ids of requests and query sets come from. */
export interface IdSource {
  /** An id for a request: 32 bits, unsigned. One under which an answer is awaited already is left out, and the next is asked for. */
  nextRequestId(): number;
  /** An id for a query set: 32 bits, unsigned. That of a set that lives is left out, and the next is asked for. */
  nextQuerySetId(): number;
}

/** Ids that stand for something now. */
export interface TakenIds {
  readonly size: number;
  has(id: number): boolean;
}

/** Where the parts of a client have the ids of their requests from: whoever awaits answers says under which ids. */
export interface RequestIds {
  nextRequestId(awaited?: TakenIds): number;
}

/** The next id of a kind that stands for nothing: of one more ids than are taken, one is free. Throws a `RangeError` where the source repeats itself. */
export function freeId<Kind extends string>(
  ids: Readonly<Record<Kind, () => number>>,
  kind: Kind,
  taken: TakenIds,
): number {
  for (let tries = 0; tries <= taken.size; tries++) {
    const id = ids[kind]();
    if (!taken.has(id)) return id;
  }
  throw new RangeError(`ids.${kind} gives only ids that are in use already; it has to give others`);
}

/** Ids that count up from the one after `last`, and begin again at 0 behind the largest that 32 bits hold. */
export function countingIds(last = 0): IdSource {
  let requestId = last;
  let querySetId = last;
  return {
    nextRequestId: () => (requestId = (requestId + 1) >>> 0),
    nextQuerySetId: () => (querySetId = (querySetId + 1) >>> 0),
  };
}

/** The ids of an application, without those of requests that are under way. Ids that count up need not be looked at: nothing is under way for so long. */
export function checkedIds(ids: IdSource): IdSource & RequestIds {
  return {
    nextRequestId: (awaited?: TakenIds) =>
      awaited === undefined ? ids.nextRequestId() : freeId(ids, 'nextRequestId', awaited),
    nextQuerySetId: () => ids.nextQuerySetId(),
  };
}
