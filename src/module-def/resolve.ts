import { type Definition } from './definition.ts';
import { formOf, namingOf, type Naming } from './canonical.ts';
import { checkModule } from './check.ts';
import { type ModuleModel, type ProcedureModel, type ReducerModel, type ScheduleModel } from './model.ts';
import { resolveTable } from './resolve-table.ts';
import { resolveView } from './resolve-view.ts';
import { schemaError } from './source.ts';

/** How the names of a definition are meant: as a module's source has them, or as a server uses them. */
export type DefinitionForm = 'raw' | 'canonical';

/** The model of a definition: canonical names, references between parts resolved, everything checked. Throws a `SchemaError`. */
export function resolveDefinition(definition: Definition, form: DefinitionForm = formOf(definition)): ModuleModel {
  const naming = namingOf(definition, form);
  const typespace = definition.typespace.map((type) => naming.type(type));
  const tables = definition.tables.map((table) => resolveTable(table, { definition, naming, typespace }));
  const functions = functionNames(definition, naming);
  const schedules = definition.schedules.map((schedule): ScheduleModel => {
    const table = find(tables, schedule.table, form, schedule.path, 'table');
    const target = find(functions, schedule.functionName, form, schedule.path, 'reducer or procedure');
    return {
      name: form === 'canonical' ? schedule.name : `${table.name.canonical}_sched`,
      table: table.name.canonical,
      atColumn: schedule.atColumn,
      functionName: target.name.canonical,
    };
  });
  const lifecycles = new Map<string, ReducerModel['lifecycle']>();
  for (const { kind, functionName, path } of definition.lifecycles) {
    lifecycles.set(find(functions, functionName, form, path, 'reducer').name.canonical, kind);
  }
  const scheduled = new Set(schedules.map((schedule) => schedule.functionName));
  const model: ModuleModel = {
    typespace,
    types: definition.types.map(({ scope, name, ref, customOrdering }) => ({
      scope: scope.map((part) => naming.typeName(part)),
      name: naming.typeName(name),
      ref,
      customOrdering,
    })),
    tables,
    views: definition.views.map((view) => resolveView(view, { definition, naming, typespace, tables })),
    reducers: definition.reducers.map((reducer): ReducerModel => {
      const name = naming.function(reducer.name);
      const lifecycle = lifecycles.get(name.canonical);
      const isCallable = !reducer.isPrivate && lifecycle === undefined && !scheduled.has(name.canonical);
      return { name, params: reducer.params, isCallable, lifecycle };
    }),
    procedures: definition.procedures.map((procedure): ProcedureModel => {
      const name = naming.function(procedure.name);
      const isCallable = !procedure.isPrivate && !scheduled.has(name.canonical);
      return { name, params: procedure.params, returns: procedure.returns, isCallable };
    }),
    schedules,
    rowLevelSecurity: definition.rowLevelSecurity,
    ...(definition.httpHandlers?.length && { httpHandlers: definition.httpHandlers }),
    submodules: definition.submodules.map(({ namespace, definition: inner }) => ({
      namespace,
      module: resolveDefinition(inner, form),
    })),
    warnings: definition.warnings,
  };
  checkModule(model, definition);
  return model;
}

function functionNames(definition: Definition, naming: Naming): readonly Pick<ReducerModel, 'name'>[] {
  return [...definition.reducers, ...definition.procedures].map(({ name }) => ({ name: naming.function(name) }));
}

/** References of a server use canonical names, and those of a module the names of its source; where that finds nothing, the other is tried. */
function find<T extends Pick<ReducerModel, 'name'>>(
  items: readonly T[],
  name: string,
  form: DefinitionForm,
  path: string,
  what: string,
): T {
  const other = form === 'canonical' ? 'source' : 'canonical';
  const first = form === 'canonical' ? 'canonical' : 'source';
  const found = items.find((item) => item.name[first] === name) ?? items.find((item) => item.name[other] === name);
  if (found === undefined) throw schemaError(path, `there is no ${what} ${JSON.stringify(name)}`);
  return found;
}
