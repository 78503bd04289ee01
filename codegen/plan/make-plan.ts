import { type AlgebraicType } from '../../src/bsatn/algebraic-type.ts';
import { type ModuleModel } from '../../src/module-def/index.ts';
import { columnNotes } from './column-notes.ts';
import { endlessTypes } from './endless-types.ts';
import { NameScope } from './name-scope.ts';
import { planProcedures, planReducers } from './plan-functions.ts';
import { planTables, publicRelations, type Relation } from './plan-tables.ts';
import { reachableTypes, TypePlanner } from './plan-types.ts';
import { type Plan } from './plan.ts';
import { exportedNames } from './reserved-names.ts';

/** A plan, and what its user should know about it, one line each. */
export interface PlanResult {
  readonly plan: Plan;
  readonly warnings: readonly string[];
}

/** Decides what is generated for a module: what clients can see, under which names. Throws a `SchemaError`. */
export function makePlan(model: ModuleModel): PlanResult {
  const warnings = [...model.warnings];
  for (const { namespace } of model.submodules) {
    warnings.push(`the submodule ${namespace} is left out: submodules are not supported yet`);
  }
  const names = new NameScope('generated types', warnings, exportedNames);
  const relations = publicRelations(model, warnings);
  const types = new TypePlanner(model, reachableTypes(model, rootsOf(model, relations)), names, warnings);
  const context = { model, types, names, warnings };
  const tables = planTables(relations, context);
  const { reducers, args: reducerArgs } = planReducers(context);
  const { procedures, args: procedureArgs } = planProcedures(context);
  const declared = types.types(columnNotes(relations));
  const plan = { types: [...declared, ...reducerArgs, ...procedureArgs], tables, reducers, procedures };
  for (const name of endlessTypes(plan)) {
    warnings.push(`the type ${name} contains itself without end: no value of it can be written or read`);
  }
  return { plan, warnings };
}

/** The types that clients can meet first. */
function rootsOf(model: ModuleModel, relations: readonly Relation[]): AlgebraicType[] {
  const callable = [...model.reducers, ...model.procedures].filter(({ isCallable }) => isCallable);
  return [
    ...relations.map((relation): AlgebraicType => ({
      tag: 'Ref',
      ref: 'table' in relation ? relation.table.rowRef : relation.view.rowRef,
    })),
    ...callable.flatMap(({ params }) => params.map(({ type }) => type)),
    ...model.procedures.flatMap(({ isCallable, returns }) => (isCallable ? [returns] : [])),
  ];
}
