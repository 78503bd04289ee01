import { type AlgebraicType, type NamedType } from '../bsatn/algebraic-type.ts';
import {
  type IndexModel,
  type ModuleModel,
  type ModuleName,
  type ProcedureModel,
  type ReducerModel,
  type ScheduleModel,
  type TableModel,
  type TypeDeclaration,
  type ViewModel,
} from '../module-def/model.ts';

/**
 * A module with all that is in its submodules as parts of its own, as a database has them: one list of tables, of views, of functions, their names with the
 * namespaces before them (`lib.inner.note`), and one typespace. The module itself comes first, then each submodule with those inside it:
 *
 *     module           reducers 0 1 2      types 0 1       views 0       anonymous views 0 1
 *       lib            reducers     3 4    types     2       views 1     anonymous views
 *         lib.inner    reducers         5  types       3 4   views       anonymous views 2
 *       other          …
 *
 * In this order the official library numbers reducers and procedures, and views, those of everybody and those of the caller apart.
 */
export function flatModule(module: ModuleModel): ModuleModel {
  if (module.submodules.length === 0) return module;
  const flat = partsOf(module);
  const handlers = flat.flatMap(({ httpHandlers = [] }) => httpHandlers);
  return {
    typespace: flat.flatMap(({ typespace }) => typespace),
    types: flat.flatMap(({ types }) => types),
    tables: flat.flatMap(({ tables }) => tables),
    views: flat.flatMap(({ views }) => views),
    reducers: flat.flatMap(({ reducers }) => reducers),
    procedures: flat.flatMap(({ procedures }) => procedures),
    schedules: flat.flatMap(({ schedules }) => schedules),
    rowLevelSecurity: flat.flatMap(({ rowLevelSecurity }) => rowLevelSecurity),
    ...(handlers.length > 0 && { httpHandlers: handlers }),
    submodules: [],
    warnings: flat.flatMap(({ warnings }) => warnings),
  };
}

/** The module and everything inside it, each with its names and references as the whole has them. */
function partsOf(module: ModuleModel): readonly ModuleModel[] {
  const parts: ModuleModel[] = [];
  const before = { types: 0, views: 0, anonymousViews: 0 };
  const visit = (inner: ModuleModel, path: readonly string[]): void => {
    parts.push(placed(inner, path, { ...before }));
    before.types += inner.typespace.length;
    for (const { isAnonymous } of inner.views) before[isAnonymous ? 'anonymousViews' : 'views']++;
    for (const submodule of inner.submodules) visit(submodule.module, [...path, submodule.namespace]);
  };
  visit(module, []);
  return parts;
}

/** How many there are in the parts before. */
interface Counts {
  readonly types: number;
  readonly views: number;
  readonly anonymousViews: number;
}

function placed(module: ModuleModel, path: readonly string[], before: Counts): ModuleModel {
  const prefix = path.map((namespace) => `${namespace}.`).join('');
  const name = ({ source, canonical }: ModuleName): ModuleName => ({
    source: prefix + source,
    canonical: prefix + canonical,
  });
  const type = (own: AlgebraicType): AlgebraicType => withRefs(own, before.types);
  const elements = (own: readonly NamedType[]): readonly NamedType[] => partsWithRefs(own, before.types);
  return {
    ...module,
    typespace: module.typespace.map(type),
    types: module.types.map((own): TypeDeclaration => ({
      ...own,
      scope: [...path, ...own.scope],
      ref: own.ref + before.types,
    })),
    tables: module.tables.map((own): TableModel => ({
      ...own,
      name: name(own.name),
      rowRef: own.rowRef + before.types,
      columns: elements(own.columns),
      indexes: own.indexes.map((index): IndexModel => ({ ...index, name: name(index.name) })),
    })),
    views: module.views.map((own): ViewModel => ({
      ...own,
      name: name(own.name),
      index: own.index + (own.isAnonymous ? before.anonymousViews : before.views),
      params: elements(own.params),
      returns: type(own.returns),
      rowRef: own.rowRef + before.types,
      columns: elements(own.columns),
    })),
    reducers: module.reducers.map((own): ReducerModel => ({
      ...own,
      name: name(own.name),
      params: elements(own.params),
    })),
    procedures: module.procedures.map((own): ProcedureModel => ({
      ...own,
      name: name(own.name),
      params: elements(own.params),
      returns: type(own.returns),
    })),
    schedules: module.schedules.map((own): ScheduleModel => ({
      ...own,
      table: prefix + own.table,
      functionName: prefix + own.functionName,
    })),
    ...(module.httpHandlers && { httpHandlers: module.httpHandlers.map((handler) => prefix + handler) }),
    submodules: [],
  };
}

/** A type whose references lead to types `by` places further on. */
function withRefs(type: AlgebraicType, by: number): AlgebraicType {
  switch (type.tag) {
    case 'Ref':
      return { tag: 'Ref', ref: type.ref + by };
    case 'Array':
      return { tag: 'Array', element: withRefs(type.element, by) };
    case 'Product':
      return { tag: 'Product', elements: partsWithRefs(type.elements, by) };
    case 'Sum':
      return { tag: 'Sum', variants: partsWithRefs(type.variants, by) };
    default:
      return type;
  }
}

function partsWithRefs(parts: readonly NamedType[], by: number): readonly NamedType[] {
  return parts.map(({ name, type }) => ({ name, type: withRefs(type, by) }));
}
