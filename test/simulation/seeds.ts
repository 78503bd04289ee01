/*
 * SIM_SEEDS=10000 runs more seeds, SIM_FROM=70000 begins with that one instead of the first, SIM_SEED=123 runs that one again.
 */
const only = process.env['SIM_SEED'];
const first = Number(process.env['SIM_FROM'] ?? 1);

/** The seeds of a simulation: so many, unless the environment says otherwise; of what it says only a `share` where each takes long. */
export function seedsOf(count: number, share = 1): readonly number[] {
  if (only !== undefined) return [Number(only)];
  const asked = process.env['SIM_SEEDS'];
  const length = asked === undefined ? count : Math.ceil(Number(asked) * share);
  return Array.from({ length }, (_, index) => first + index);
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
