/** What `fc.assert` takes. */
export interface PropertyOptions {
  readonly numRuns: number;
  readonly seed?: number;
}

/**
 * How often a property runs: `runs`, or `PROP_RUNS` where that is set, which a nightly run sets high. `PROP_SEED` repeats the run whose seed
 * fast-check printed with a failure.
 */
export function propertyOptions(runs: number): PropertyOptions {
  const seed = numberOf('PROP_SEED');
  return { numRuns: numberOf('PROP_RUNS') ?? runs, ...(seed !== undefined && { seed }) };
}

/** How many times as long as usual a test may take where `PROP_RUNS` asks for more runs than any property makes by itself. */
export function propertyPatience(): number {
  return Math.max(1, (numberOf('PROP_RUNS') ?? 0) / 500);
}

function numberOf(variable: string): number | undefined {
  const text = process.env[variable];
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${variable} is not a whole number: ${text}`);
  return value;
}
