import { type ModuleModel, toCamelCase } from '../../src/module-def/index.ts';
import { NameScope } from './name-scope.ts';
import { type PlanContext } from './plan-context.ts';
import { type PlanOptions, type PlanResult, type SubmodulePlan } from './plan.ts';
import { clientMembers } from './reserved-names.ts';
import { sortedBy } from './sorted-by.ts';

type PlanModule = (model: ModuleModel, prefix: string, options: PlanOptions) => PlanResult;

/** Plans the modules inside a module by `planModule`. */
export function planSubmodules(context: PlanContext, planModule: PlanModule): SubmodulePlan[] {
  const { model, prefix, options, scopes, warnings } = context;
  const folders = new NameScope('folders', warnings);
  return sortedBy(model.submodules, ({ namespace }) => namespace).map(({ namespace, module }): SubmodulePlan => {
    const path = `${prefix}${namespace}`;
    const inner = planModule(module, `${path}.`, options);
    warnings.push(...inner.warnings.map((warning) => `submodule ${namespace}: ${warning}`));
    const source = `the submodule ${path}`;
    const wanted = toCamelCase(namespace);
    const tables = scopes.tables.take({ wanted, source });
    const isOnClient = prefix === '' && !clientMembers.includes(tables);
    if (prefix === '' && !isOnClient) {
      warnings.push(`client.${tables} is something else: the tables of ${source} are under client.tables only`);
    }
    return {
      path,
      // In lower case: some file systems hold names that differ in case only for the same.
      folder: folders.take({ wanted: namespace.toLowerCase(), source }),
      exported: scopes.exports.take({ wanted: `${wanted}Module`, source }),
      accessors: {
        tables,
        reducers: scopes.reducers.take({ wanted, source }),
        procedures: scopes.procedures.take({ wanted, source }),
      },
      isOnClient,
      plan: inner.plan,
    };
  });
}
