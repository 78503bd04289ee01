import { type BenchCase } from '../case.ts';
import { callCases } from './calls.ts';
import { loadCases } from './load.ts';
import { memoryCases } from './memory.ts';
import { readingCases } from './reading.ts';
import { transactionCases, transactionGrowthCases } from './transaction.ts';
import { watcherCases, watcherGrowthCases } from './watchers.ts';

/** Every case of the table, in its order. */
export const benchCases: readonly BenchCase[] = [
  ...loadCases,
  ...transactionCases,
  ...watcherCases,
  ...readingCases,
  ...memoryCases,
  ...callCases,
];

/** Cases that are only there to see how they grow. */
export const growthCases: readonly BenchCase[] = [...transactionGrowthCases, ...watcherGrowthCases];
