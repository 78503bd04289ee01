import { type RowEvidence } from '../store/overlay/evidence.ts';
import { type QueuedMutation } from './queued-mutation.ts';

/**
 * Finds out which calls that may have been carried out can be seen in the rows of the server: all of what a call predicts is to be seen, or was covered by
 * a later call that is to be seen itself; and something of it was not to be seen when the call was made.
 */
export function weighEvidence(
  mutations: readonly QueuedMutation[],
  evidenceOf: (mutation: QueuedMutation) => readonly RowEvidence[],
): void {
  const covered = new Set<string>();
  for (const mutation of Array.from(mutations).reverse()) {
    const evidence = evidenceOf(mutation);
    const isSeen =
      mutation.record.isProvable &&
      evidence.length > 0 &&
      evidence.every((row) => row.isSeen || covered.has(row.place));
    mutation.phase = { kind: 'uncertain', isSeen };
    if (isSeen) for (const { place } of evidence) covered.add(place);
  }
}
