import { type AlgebraicType } from '../bsatn/algebraic-type.ts';
import {
  type DefinedDefault,
  type DefinedFunction,
  type DefinedLifecycle,
  type DefinedProcedure,
  type DefinedSchedule,
  type DefinedTable,
  type DefinedType,
  type DefinedView,
  type DefinedViewPrimaryKey,
  type Definition,
  type ExplicitName,
} from './definition.ts';
import { type CaseConversionPolicy } from './names.ts';
import { readLifecycleKind, readString, readTableAccess, readTableStart, readView } from './read-parts.ts';
import { readElements, readType } from './read-type.ts';
import { schemaError, type Source } from './source.ts';

/** In the order of their tags. */
const sectionNames = [
  'Typespace',
  'Types',
  'Tables',
  'Reducers',
  'Procedures',
  'Views',
  'Schedules',
  'LifeCycleReducers',
  'RowLevelSecurity',
  'CaseConversionPolicy',
  'ExplicitNames',
  'HttpHandlers',
  'HttpRoutes',
  'ViewPrimaryKeys',
  'Submodules',
] as const;

interface Sections {
  typespace: AlgebraicType[];
  types: DefinedType[];
  tables: DefinedTable[];
  reducers: DefinedFunction[];
  procedures: DefinedProcedure[];
  views: DefinedView[];
  viewPrimaryKeys: DefinedViewPrimaryKey[];
  schedules: DefinedSchedule[];
  lifecycles: DefinedLifecycle[];
  rowLevelSecurity: string[];
  httpHandlers: string[];
  readonly defaults: DefinedDefault[];
  policy: CaseConversionPolicy | undefined;
  explicitNames: ExplicitName[];
  submodules: { readonly namespace: string; readonly definition: Definition }[];
  readonly warnings: string[];
}

/** Reads a definition of version 10: a list of sections in any order. */
export function readV10(source: Source): Definition {
  const sections: Sections = {
    typespace: [],
    types: [],
    tables: [],
    reducers: [],
    procedures: [],
    views: [],
    viewPrimaryKeys: [],
    schedules: [],
    lifecycles: [],
    rowLevelSecurity: [],
    httpHandlers: [],
    defaults: [],
    policy: undefined,
    explicitNames: [],
    submodules: [],
    warnings: [],
  };
  const seen = new Set<string>();
  source.field('sections').list((section) => {
    const variant = section.knownVariant(sectionNames);
    if ('unknown' in variant) {
      sections.warnings.push(`the section ${JSON.stringify(variant.unknown)} is unknown and left out`);
      return;
    }
    if (seen.has(variant.tag)) throw schemaError(section.path, `a second section ${variant.tag}`);
    seen.add(variant.tag);
    readSection(variant.tag, variant.payload.at(pathOf(source.path, variant.tag)), sections);
  });
  return { version: 10, path: source.path, ...sections };
}

function pathOf(outer: string, section: string): string {
  return outer === '' ? section : `${outer}.${section}`;
}

function readSection(tag: (typeof sectionNames)[number], source: Source, sections: Sections): void {
  switch (tag) {
    case 'Typespace':
      sections.typespace = source.field('types').list(readType);
      return;
    case 'Types':
      sections.types = source.list(readDeclaration);
      return;
    case 'Tables':
      sections.tables = source.list((table) => readTable(table, sections.defaults));
      return;
    case 'Reducers':
      sections.reducers = source.list(readReducer);
      return;
    case 'Procedures':
      sections.procedures = source.list(readProcedure);
      return;
    case 'Views':
      sections.views = source.list((view) => readView(view, 'source_name'));
      return;
    case 'Schedules':
      sections.schedules = source.list(readSchedule);
      return;
    case 'LifeCycleReducers':
      sections.lifecycles = source.list(readLifecycle);
      return;
    case 'RowLevelSecurity':
      sections.rowLevelSecurity = source.list((policy) => policy.field('sql').string());
      return;
    case 'CaseConversionPolicy':
      sections.policy = source.variant(['None', 'SnakeCase']).tag;
      return;
    case 'ExplicitNames':
      sections.explicitNames = source.field('entries').list(readExplicitName);
      return;
    case 'HttpHandlers':
      sections.httpHandlers = source.list((handler) => handler.field('source_name').string());
      return;
    case 'HttpRoutes':
      source.list(readHttpRoute);
      return;
    case 'ViewPrimaryKeys':
      sections.viewPrimaryKeys = source.list(readViewPrimaryKey);
      return;
    case 'Submodules':
      sections.submodules = source.list((submodule) => ({
        namespace: submodule.field('namespace').string(),
        definition: readV10(submodule.field('module')),
      }));
      return;
  }
}

function readDeclaration(source: Source): DefinedType {
  const name = source.field('source_name');
  return {
    path: source.path,
    scope: name.field('scope').list(readString),
    name: name.field('source_name').string(),
    ref: source.field('ty').u32(),
    customOrdering: source.field('custom_ordering').bool(),
  };
}

function readTable(source: Source, defaults: DefinedDefault[]): DefinedTable {
  const start = readTableStart(source, 'source_name', 'source_name');
  const access = readTableAccess(source);
  const values = source.field('default_values').list((value) => ({
    path: value.path,
    table: start.name,
    column: value.field('col_id').u16(),
    value: value.field('value').bytes(),
  }));
  defaults.push(...values);
  return { ...start, ...access, isEvent: source.field('is_event').bool() };
}

function readReducer(source: Source): DefinedFunction {
  const reducer = {
    path: source.path,
    name: source.field('source_name').string(),
    params: readElements(source.field('params')),
    isPrivate: readIsPrivate(source),
  };
  readType(source.field('ok_return_type'));
  readType(source.field('err_return_type'));
  return reducer;
}

function readProcedure(source: Source): DefinedProcedure {
  return {
    path: source.path,
    name: source.field('source_name').string(),
    params: readElements(source.field('params')),
    returns: readType(source.field('return_type')),
    isPrivate: readIsPrivate(source),
  };
}

function readIsPrivate(source: Source): boolean {
  return source.field('visibility').variant(['Private', 'ClientCallable']).tag === 'Private';
}

function readSchedule(source: Source): DefinedSchedule {
  return {
    path: source.path,
    name: source.field('source_name').option(readString),
    table: source.field('table_name').string(),
    atColumn: source.field('schedule_at_col').u16(),
    functionName: source.field('function_name').string(),
  };
}

function readLifecycle(source: Source): DefinedLifecycle {
  return {
    path: source.path,
    kind: readLifecycleKind(source.field('lifecycle_spec')),
    functionName: source.field('function_name').string(),
  };
}

function readExplicitName(source: Source): ExplicitName {
  const { tag, payload } = source.variant(['Table', 'Function', 'Index']);
  return {
    kind: tag,
    source: payload.field('source_name').string(),
    canonical: payload.field('canonical_name').string(),
  };
}

function readViewPrimaryKey(source: Source): DefinedViewPrimaryKey {
  return {
    path: source.path,
    view: source.field('view_source_name').string(),
    columns: source.field('columns').list(readString),
  };
}

const httpMethods = [
  'Get',
  'Head',
  'Post',
  'Put',
  'Delete',
  'Connect',
  'Options',
  'Trace',
  'Patch',
  'Extension',
] as const;

/** Routes are nothing to a client, but BSATN has to be read on to the next section. */
function readHttpRoute(source: Source): void {
  source.field('handler_function').string();
  const method = source.field('method').variant(['Any', 'Method']);
  if (method.tag === 'Method') {
    const { tag, payload } = method.payload.variant(httpMethods);
    if (tag === 'Extension') payload.string();
  }
  source.field('path').string();
}
