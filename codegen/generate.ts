import { createHash } from 'node:crypto';
import { type ModuleModel } from '../src/module-def/index.ts';
import { makePlan } from './plan/make-plan.ts';
import { type Plan } from './plan/plan.ts';
import { indexFile } from './print/index-file.ts';
import { type ImportOptions } from './print/text.ts';
import { typesFile } from './print/types-file.ts';

/** Generated code: the text of each file by its name in the output folder. */
export interface Generated {
  readonly files: ReadonlyMap<string, string>;
  /** What the user should know, one line each. */
  readonly warnings: readonly string[];
  /** SHA-256 of what the code says, as hex: the same for the same module, wherever its schema came from. */
  readonly hash: string;
}

/** Generates the code for a module. The same model gives the same bytes anywhere. Throws a `SchemaError`. */
export function generate(model: ModuleModel, options: ImportOptions): Generated {
  const { plan, warnings } = makePlan(model);
  const hash = hashOf(plan);
  const files = new Map([
    ['index.ts', indexFile(plan, hash, options)],
    ['types.ts', typesFile(plan, hash, options)],
  ]);
  return { files, warnings, hash };
}

function hashOf(plan: Plan): string {
  const sorted = JSON.stringify(plan, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
  });
  return createHash('sha256').update(sorted).digest('hex');
}
