import { toCamelCase } from '../../src/module-def/index.ts';
import { type DocComments } from '../source/doc-comments.ts';
import { type FunctionPlan, type Plan, type TypePlan } from './plan.ts';

/** The plan with what the source of the module says of its parts, before what is known of them anyway. */
export function withDocComments(plan: Plan, docs: DocComments): Plan {
  return {
    ...plan,
    types: plan.types.map((type) => documentedType(type, docs)),
    tables: plan.tables.map((table) => ({
      ...table,
      doc: [...wordsAbout(docs.types.get(toCamelCase(table.row))), ...table.doc],
    })),
    reducers: plan.reducers.map((reducer) => documentedFunction(reducer, docs)),
    procedures: plan.procedures.map((procedure) => documentedFunction(procedure, docs)),
    // What is in submodules comes from other projects.
  };
}

function documentedType(type: TypePlan, { types, fields }: DocComments): TypePlan {
  const name = toCamelCase(type.name);
  const doc = [...wordsAbout(types.get(name)), ...type.doc];
  if (type.shape.kind !== 'product') return { ...type, doc };
  const documented = type.shape.fields.map((field) => ({
    ...field,
    doc: [...wordsAbout(fields.get(`${name}.${field.property}`)), ...field.doc],
  }));
  return { ...type, doc, shape: { ...type.shape, fields: documented } };
}

function documentedFunction<T extends FunctionPlan>(fn: T, { functions }: DocComments): T {
  return { ...fn, doc: wordsAbout(functions.get(fn.accessor)) };
}

/** A sentence ends with a full stop, so that another may follow. */
function wordsAbout(doc: string | undefined): string[] {
  if (doc === undefined) return [];
  return [/[.!?:…]$/.test(doc) ? doc : `${doc}.`];
}
