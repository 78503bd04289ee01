/*
 * SIM_SEEDS=10000 runs more seeds, SIM_SEED=123 runs that one again.
 */
const only = process.env['SIM_SEED'];

/** The seeds of a simulation: so many, unless the environment says otherwise. */
export function seedsOf(count: number): readonly number[] {
  if (only !== undefined) return [Number(only)];
  return Array.from({ length: Number(process.env['SIM_SEEDS'] ?? count) }, (_, index) => index + 1);
}

/** Runs a simulation from each seed. Throws an `Error` that names the first one from which it fails. */
export async function fromEach(seeds: readonly number[], simulate: (seed: number) => Promise<void>): Promise<void> {
  for (const seed of seeds) {
    try {
      await simulate(seed);
    } catch (cause) {
      throw new Error(`seed ${seed} (run it again with SIM_SEED=${seed}): ${String(cause)}`, { cause });
    }
  }
}

/** How long all of them may take, in milliseconds: this only ends what hangs. */
export const timeout = 3_600_000;
