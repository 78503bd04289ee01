/** Where the ids of requests and query sets come from. */
export interface IdSource {
  /**
   * An id for a request: 32 bits, unsigned. One under which an answer is awaited already is left out, and the next is asked for; so is 0, under which the server
   * is asked for signs of life.
   */
  nextRequestId(): number;
  /** An id for a query set: 32 bits, unsigned. That of a set that lives is left out, and the next is asked for. */
  nextQuerySetId(): number;
}

/** Where the parts of a client have the ids of their requests from. */
export type RequestIds = Pick<IdSource, 'nextRequestId'>;

/** The id of every request for a sign of life: nobody awaits the answer, and it must not be taken for that to something else. */
export const signOfLifeId = 0;

/** More ids than this are never in use. */
const mostInUse = 100_000;

/** Ids that count up from the one after `last`, and begin again behind the largest that 32 bits hold. */
export function countingIds(last = 0): IdSource {
  let requestId = last;
  let querySetId = last;
  return {
    nextRequestId: () => (requestId = (requestId + 1) >>> 0 || 1),
    nextQuerySetId: () => (querySetId = (querySetId + 1) >>> 0),
  };
}

/**
 * The ids of an application, without those that are `taken`. Ids that count up need not be looked at: nothing is under way for so long. Both throw a `RangeError`
 * where the source gives no other.
 */
export function checkedIds(ids: IdSource, taken: Readonly<Record<keyof IdSource, (id: number) => boolean>>): IdSource {
  const free = (kind: keyof IdSource) => (): number => {
    for (let tries = 0; tries < mostInUse; tries++) {
      const id = ids[kind]();
      if (!taken[kind](id)) return id;
    }
    throw new RangeError(`ids.${kind} gives only ids that are in use already; it has to give others`);
  };
  return { nextRequestId: free('nextRequestId'), nextQuerySetId: free('nextQuerySetId') };
}
