import { type AlgebraicType } from '../../src/bsatn/algebraic-type.ts';
import { type ModuleModel, Shapes } from '../../src/module-def/index.ts';
import { columnNotes } from './column-notes.ts';
import { endlessTypes } from './endless-types.ts';
import { NameScope } from './name-scope.ts';
import { type PlanContext, type Scopes } from './plan-context.ts';
import { isGenerated, planProcedures, planReducers } from './plan-functions.ts';
import { planSubmodules } from './plan-submodules.ts';
import { planTables, type Relation, relationsOf } from './plan-tables.ts';
import { reachableTypes, TypePlanner } from './plan-types.ts';
import { type PlanOptions, type PlanResult } from './plan.ts';
import { exportedNames } from './reserved-names.ts';

/** Decides what is generated for a module: what clients can see, under which names. Throws a `SchemaError`. */
export function makePlan(model: ModuleModel, options: Partial<PlanOptions> = {}): PlanResult {
  return planModule(model, '', { includePrivate: false, enums: 'object', none: 'undefined', ...options });
}

/** `prefix` stands before the names of the module on the wire: nothing, or the path of a submodule with a dot. */
function planModule(model: ModuleModel, prefix: string, options: PlanOptions): PlanResult {
  const warnings = [...model.warnings];
  const scopes: Scopes = {
    exports: new NameScope('generated types', warnings, exportedNames),
    tables: new NameScope('tables', warnings),
    reducers: new NameScope('reducers', warnings),
    procedures: new NameScope('procedures', warnings),
  };
  const relations = relationsOf(model, options, warnings);
  const reachable = reachableTypes(model, rootsOf(model, relations, options));
  const types = new TypePlanner(model, {
    reachable,
    names: scopes.exports,
    warnings,
    enums: options.enums,
    none: options.none,
  });
  const shapes = new Shapes(model, prefix);
  const context: PlanContext = { model, prefix, options, types, shapes, scopes, warnings };
  const tables = planTables(relations, context);
  const { reducers, args: reducerArgs } = planReducers(context);
  const { procedures, args: procedureArgs } = planProcedures(context);
  const declared = types.types(columnNotes(relations, tables, model.typespace));
  const submodules = planSubmodules(context, planModule);
  const plan = { types: [...declared, ...reducerArgs, ...procedureArgs], tables, reducers, procedures, submodules };
  for (const name of endlessTypes(plan)) {
    warnings.push(`the type ${name} contains itself without end: no value of it can be written or read`);
  }
  return { plan, warnings };
}

/** The types that clients can meet first. */
function rootsOf(model: ModuleModel, relations: readonly Relation[], { includePrivate }: PlanOptions): AlgebraicType[] {
  const reducers = model.reducers.filter((reducer) => isGenerated(reducer, includePrivate));
  const procedures = model.procedures.filter((procedure) => isGenerated(procedure, includePrivate));
  return [
    ...relations.map((relation): AlgebraicType => ({
      tag: 'Ref',
      ref: 'table' in relation ? relation.table.rowRef : relation.view.rowRef,
    })),
    ...[...reducers, ...procedures].flatMap(({ params }) => params.map(({ type }) => type)),
    ...procedures.map(({ returns }) => returns),
  ];
}
