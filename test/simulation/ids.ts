import { countingIds, type IdSource } from '../../src/ids.ts';
import { type SeededRandom } from '../support/random.ts';

const largest = 2 ** 32 - 1;

/** Ids as a client or its user may choose them: from 1, over the end of 32 bits, and without any order. */
export function someIds(random: SeededRandom): IdSource {
  switch (random.below(3)) {
    case 0:
      return countingIds();
    case 1:
      return countingIds(largest - random.below(40));
    default:
      return { nextRequestId: distinct(random), nextQuerySetId: distinct(random) };
  }
}

function distinct(random: SeededRandom): () => number {
  const given = new Set<number>();
  return () => {
    for (;;) {
      const id = random.pick([0, largest, random.below(300), random.below(2 ** 32)]);
      if (given.has(id)) continue;
      given.add(id);
      return id;
    }
  };
}
