import { seededRandom } from '../support/random.ts';
import { type StorageCommand, tables } from './plain-storage.ts';

/** The command of this number in a run: the same in whatever process. */
export function commandAt(seed: number, index: number): StorageCommand {
  const random = seededRandom(seed * 1_000_003 + index);
  const table = random.pick(tables);
  // Long enough for journals to be written anew now and then.
  const text = `${index}-${random.pick('abcdef'.split('')).repeat(random.below(random.chance(0.2) ? 9000 : 200))}`;
  const roll = random.below(100);
  if (roll < 30) return { kind: 'enqueue', text };
  if (roll < 55) return { kind: 'dequeue', at: random.chance(0.8) ? 0 : random.below(6) };
  if (roll < 78) return { kind: 'append', table, text };
  if (roll < 90) return { kind: 'save', table, text };
  if (roll < 96) return { kind: 'time', table, time: BigInt(index) };
  if (roll < 98) return { kind: 'clearTable', table };
  return { kind: roll < 99 ? 'clearQueue' : 'clearAll' };
}
