import { type QuerySet } from '../subscription/query-set.ts';

/** The query sets of a client. */
interface KnownSets {
  /** Those that are wanted and not refused. */
  live(): readonly QuerySet[];
  find(querySetId: number): QuerySet | undefined;
}

/** Whether the rows of this table are still to come on this connection, or the next, in a set that is not among `answered`. */
export function isAwaited(querySets: KnownSets, table: string, answered: ReadonlySet<number>): boolean {
  return querySets
    .live()
    .some(({ id, phase, tables }) => phase !== 'applied' && !answered.has(id) && tables.includes(table));
}

/** Whether this connection has brought rows of the table, and all that are there: those of these sets. */
export function isFresh(querySets: KnownSets, table: string, querySetIds: Iterable<number>): boolean {
  const isHere = querySets.live().some(({ phase, tables }) => phase === 'applied' && tables.includes(table));
  return isHere && [...querySetIds].every((id) => querySets.find(id)?.isAnswered);
}
