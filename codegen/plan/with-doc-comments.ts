import { toCamelCase } from '../../src/module-def/index.ts';
import { type DocComments } from '../source/doc-comments.ts';
import { type FunctionPlan, type Plan, type TablePlan, type TypePlan } from './plan.ts';

/** The plan with what the source of the module says of its parts, before what is known of them anyway. */
export function withDocComments(plan: Plan, docs: DocComments): Plan {
  return {
    types: plan.types.map((type) => documentedType(type, docs)),
    tables: plan.tables.map((table) => ({ ...table, doc: [...wordsAboutTable(table, docs), ...table.doc] })),
    reducers: plan.reducers.map((reducer) => documentedFunction(reducer, docs)),
    procedures: plan.procedures.map((procedure) => documentedFunction(procedure, docs)),
    submodules: plan.submodules.map((submodule) => {
      const inner = docs.submodule(submodule.path.slice(submodule.path.lastIndexOf('.') + 1));
      return inner === undefined ? submodule : { ...submodule, plan: withDocComments(submodule.plan, inner) };
    }),
  };
}

/** A view is a function in the source, and a table its row, or called otherwise than that. */
function wordsAboutTable({ relation, accessor, row }: TablePlan, { types, functions }: DocComments): string[] {
  const ofRow = types.get(toCamelCase(row));
  return wordsAbout(relation === 'table' ? (ofRow ?? types.get(accessor)) : (functions.get(accessor) ?? ofRow));
}

function documentedType(type: TypePlan, { types, parts }: DocComments): TypePlan {
  const name = toCamelCase(type.name);
  const doc = [...wordsAbout(types.get(name)), ...type.doc];
  const documented = <Part extends { readonly wireName: string; readonly doc: readonly string[] }>(
    part: Part,
  ): Part => ({
    ...part,
    doc: [...wordsAbout(parts.get(`${name}.${toCamelCase(part.wireName)}`)), ...part.doc],
  });
  const { shape } = type;
  switch (shape.kind) {
    case 'product':
      return { ...type, doc, shape: { ...shape, fields: shape.fields.map((field) => documented(field)) } };
    case 'sum':
    case 'strings':
      return { ...type, doc, shape: { ...shape, variants: shape.variants.map((variant) => documented(variant)) } };
    case 'alias':
      return { ...type, doc };
  }
}

function documentedFunction<T extends FunctionPlan>(fn: T, { functions }: DocComments): T {
  return { ...fn, doc: wordsAbout(functions.get(fn.accessor)) };
}

/** A sentence ends with a full stop, so that another may follow. */
function wordsAbout(doc: string | undefined): string[] {
  if (doc === undefined) return [];
  return [/[.!?:…]$/.test(doc) ? doc : `${doc}.`];
}
