import {
  type DefinedDefault,
  type DefinedFunction,
  type DefinedLifecycle,
  type DefinedProcedure,
  type DefinedSchedule,
  type DefinedTable,
  type DefinedType,
  type DefinedView,
  type Definition,
} from './definition.ts';
import { readLifecycleKind, readString, readTableAccess, readTableStart, readView } from './read-parts.ts';
import { readElements, readType } from './read-type.ts';
import { type Source } from './source.ts';

/** Reads a definition of version 9: one product, all names canonical. */
export function readV9(source: Source): Definition {
  const schedules: DefinedSchedule[] = [];
  const lifecycles: DefinedLifecycle[] = [];
  const typespace = source.field('typespace').field('types').list(readType);
  const tables = source.field('tables').list((table) => readTable(table, schedules));
  const reducers = source.field('reducers').list((reducer) => readReducer(reducer, lifecycles));
  const types = source.field('types').list(readDeclaration);
  const exports = readMiscExports(source.field('misc_exports'));
  const rowLevelSecurity = source.field('row_level_security').list((policy) => policy.field('sql').string());
  return {
    version: 9,
    path: source.path,
    typespace,
    types,
    tables,
    reducers,
    ...exports,
    viewPrimaryKeys: [],
    schedules,
    lifecycles,
    rowLevelSecurity,
    policy: 'None',
    explicitNames: [],
    submodules: [],
    warnings: [
      'version 9 of the schema does not say which tables are event tables, which views have primary keys, nor how the source spells names: ' +
        'take version 10 where there is one, from a newer server or from the module itself',
    ],
  };
}

function readDeclaration(source: Source): DefinedType {
  const name = source.field('name');
  return {
    path: source.path,
    scope: name.field('scope').list(readString),
    name: name.field('name').string(),
    ref: source.field('ty').u32(),
    customOrdering: source.field('custom_ordering').bool(),
  };
}

function readTable(source: Source, schedules: DefinedSchedule[]): DefinedTable {
  const start = readTableStart(source, 'name', 'name');
  const schedule = source.field('schedule').option((some) => readSchedule(some, start.name));
  if (schedule !== undefined) schedules.push(schedule);
  return { ...start, ...readTableAccess(source), isEvent: false };
}

function readSchedule(source: Source, table: string): DefinedSchedule {
  return {
    path: source.path,
    name: source.field('name').option(readString),
    table,
    functionName: source.field('reducer_name').string(),
    atColumn: source.field('scheduled_at_column').u16(),
  };
}

function readReducer(source: Source, lifecycles: DefinedLifecycle[]): DefinedFunction {
  const name = source.field('name').string();
  const params = readElements(source.field('params'));
  const kind = source.field('lifecycle').option(readLifecycleKind);
  if (kind !== undefined) lifecycles.push({ path: source.path, kind, functionName: name });
  return { path: source.path, name, params, isPrivate: false };
}

interface MiscExports {
  readonly defaults: readonly DefinedDefault[];
  readonly procedures: readonly DefinedProcedure[];
  readonly views: readonly DefinedView[];
}

function readMiscExports(source: Source): MiscExports {
  const defaults: DefinedDefault[] = [];
  const procedures: DefinedProcedure[] = [];
  const views: DefinedView[] = [];
  source.list((item) => {
    const { tag, payload } = item.variant(['ColumnDefaultValue', 'Procedure', 'View']);
    switch (tag) {
      case 'ColumnDefaultValue':
        defaults.push(readDefault(payload));
        break;
      case 'Procedure':
        procedures.push(readProcedure(payload));
        break;
      case 'View':
        views.push(readView(payload, 'name'));
        break;
    }
  });
  return { defaults, procedures, views };
}

function readDefault(source: Source): DefinedDefault {
  return {
    path: source.path,
    table: source.field('table').string(),
    column: source.field('col_id').u16(),
    value: source.field('value').bytes(),
  };
}

function readProcedure(source: Source): DefinedProcedure {
  return {
    path: source.path,
    name: source.field('name').string(),
    params: readElements(source.field('params')),
    returns: readType(source.field('return_type')),
    isPrivate: false,
  };
}
