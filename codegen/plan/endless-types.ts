import { type Plan, type ShapePlan } from './plan.ts';
import { type Use } from './use.ts';

/** The types that contain themselves in every value, so that there is none: by fields, and nothing that can be empty or another variant. */
export function endlessTypes({ types }: Plan): string[] {
  const finite = new Set<string>();
  const isFinite = (use: Use | undefined): boolean => use?.kind !== 'named' || finite.has(use.name);
  let rest = types;
  let before: number;
  do {
    before = rest.length;
    for (const { name, shape } of rest) if (hasFiniteValue(shape, isFinite)) finite.add(name);
    rest = rest.filter(({ name }) => !finite.has(name));
  } while (rest.length < before);
  return rest.map(({ name }) => name);
}

function hasFiniteValue(shape: ShapePlan, isFinite: (use: Use | undefined) => boolean): boolean {
  switch (shape.kind) {
    case 'product':
      return shape.fields.every(({ use }) => isFinite(use));
    case 'alias':
      return isFinite(shape.use);
    case 'strings':
    case 'sum':
      return shape.variants.length === 0 || shape.variants.some(({ payload }) => isFinite(payload));
  }
}
