import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { type Plan } from '../../codegen/plan/plan.ts';
import { type Codec, decode, encode } from '../../src/bsatn/index.ts';
import { PlanValues } from './plan-values.ts';

/** What one schema came to: its plan, and what the generated code for it exports. */
export interface GeneratedModule {
  readonly plan: Plan;
  readonly exports: Readonly<Record<string, unknown>>;
}

/** Writes and reads random values of every type. Returns how many types had values; throws where a value does not come back. */
export function roundTrip({ plan, exports }: GeneratedModule, seed: number): number {
  const values = new PlanValues(plan);
  let count = 0;
  for (const { name, codec: codecName, minSize } of plan.types) {
    const codec = exports[codecName];
    if (!isCodec(codec)) throw new Error(`no codec ${codecName}`);
    const samples = values.of(name);
    if (samples === undefined) continue;
    count++;
    for (const value of fc.sample(samples, { numRuns: 10, seed })) {
      const bytes = encode(codec, value);
      if (bytes.length < minSize) throw new Error(`${name}: ${bytes.length} bytes are fewer than ${minSize}`);
      if (!isDeepStrictEqual(decode(codec, bytes, name), value))
        throw new Error(`${name}: ${fc.stringify(value)} came back as another`);
    }
  }
  return count;
}

function isCodec(value: unknown): value is Codec<unknown> {
  return typeof value === 'object' && value !== null && 'read' in value && 'write' in value;
}
