import { createHash } from 'node:crypto';
import { type ModuleModel } from '../src/module-def/index.ts';
import { makePlan } from './plan/make-plan.ts';
import { type Plan, type PlanOptions } from './plan/plan.ts';
import { withDocComments } from './plan/with-doc-comments.ts';
import { moduleFiles } from './print/module-files.ts';
import { type FileOptions } from './print/text.ts';
import { type DocComments } from './source/doc-comments.ts';

/** What generated code looks like. */
export type GenerateChoices = FileOptions & Partial<PlanOptions> & { readonly docs?: DocComments | undefined };

/** Generated code: the text of each file by its path in the output folder, such as `index.ts` and `lib/index.ts`. */
export interface Generated {
  readonly files: ReadonlyMap<string, string>;
  /** What the user should know, one line each. */
  readonly warnings: readonly string[];
  /** SHA-256 of what the code says, as hex: the same for the same module, wherever its schema came from. */
  readonly hash: string;
}

/** Generates the code for a module. The same model gives the same bytes anywhere. Throws a `SchemaError`. */
export function generate(model: ModuleModel, options: GenerateChoices): Generated {
  const { plan: bare, warnings } = makePlan(model, options);
  const plan = options.docs === undefined ? bare : withDocComments(bare, options.docs);
  const hash = hashOf(plan);
  return { files: moduleFiles(plan, { hash, folder: '' }, options), warnings, hash };
}

function hashOf(plan: Plan): string {
  const sorted = JSON.stringify(plan, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
  });
  return createHash('sha256').update(sorted).digest('hex');
}
