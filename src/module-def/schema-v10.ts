import { toHex } from '../bsatn/bytes.ts';
import { type ModuleModel, type ModuleName, type TableModel, type ViewModel } from './model.ts';
import { accessJson, elementsJson, type Json, lifecycleJson, optionJson } from './schema-parts.ts';
import { tablePartsJson, typeJson, unitVariant } from './schema-parts.ts';

/** The schema of version 10: sections, of which the empty ones are left out except the first and the one of names. */
export function schemaV10(model: ModuleModel): Json {
  const sections: readonly (readonly [string, readonly Json[]])[] = [
    ['Types', typesJson(model)],
    ['Tables', model.tables.map(tableJson)],
    ['Reducers', reducersJson(model)],
    ['Procedures', proceduresJson(model)],
    ['Views', model.views.map(viewJson)],
    ['ViewPrimaryKeys', model.views.flatMap(viewPrimaryKeyJson)],
    ['Schedules', schedulesJson(model)],
    ['LifeCycleReducers', lifecyclesJson(model)],
    ['RowLevelSecurity', model.rowLevelSecurity.map((sql) => ({ sql }))],
  ];
  const submodules = model.submodules.map(({ namespace, module }) => ({ namespace, module: schemaV10(module) }));
  return {
    sections: [
      { Typespace: { types: model.typespace.map(typeJson) } },
      ...sections.filter(([, items]) => items.length > 0).map(([name, items]) => ({ [name]: items })),
      { ExplicitNames: { entries: explicitNamesJson(model) } },
      ...(submodules.length > 0 ? [{ Submodules: submodules }] : []),
    ],
  };
}

function typesJson(model: ModuleModel): Json[] {
  return model.types.map(({ scope, name, ref, customOrdering }) => ({
    source_name: { scope, source_name: name },
    ty: ref,
    custom_ordering: customOrdering,
  }));
}

function tableJson(table: TableModel): Json {
  return {
    source_name: table.name.source,
    product_type_ref: table.rowRef,
    primary_key: table.primaryKey === undefined ? [] : [table.primaryKey],
    ...tablePartsJson(table, 'source_name'),
    ...accessJson(table),
    default_values: table.defaults.map(({ column, value }) => ({ col_id: column, value: toHex(value) })),
    is_event: table.isEvent,
  };
}

function visibilityJson(isCallable: boolean): Json {
  return unitVariant(isCallable ? 'ClientCallable' : 'Private');
}

function reducersJson(model: ModuleModel): Json[] {
  return model.reducers.map(({ name, params, isCallable }) => ({
    source_name: name.source,
    params: elementsJson(params),
    visibility: visibilityJson(isCallable),
    ok_return_type: { Product: { elements: [] } },
    err_return_type: { String: [] },
  }));
}

function proceduresJson(model: ModuleModel): Json[] {
  return model.procedures.map(({ name, params, returns, isCallable }) => ({
    source_name: name.source,
    params: elementsJson(params),
    return_type: typeJson(returns),
    visibility: visibilityJson(isCallable),
  }));
}

function viewJson(view: ViewModel): Json {
  return {
    source_name: view.name.source,
    index: view.index,
    is_public: view.isPublic,
    is_anonymous: view.isAnonymous,
    params: elementsJson(view.params),
    return_type: typeJson(view.returns),
  };
}

/** The key of a query follows from its tables and is not listed. */
function viewPrimaryKeyJson(view: ViewModel): Json[] {
  const column = view.primaryKey === undefined ? undefined : view.columns[view.primaryKey]?.name;
  if (view.shape === 'query' || column === undefined) return [];
  return [{ view_source_name: view.name.source, columns: [column] }];
}

function schedulesJson(model: ModuleModel): Json[] {
  return model.schedules.map(({ name, table, atColumn, functionName }) => ({
    source_name: optionJson(name),
    table_name: table,
    schedule_at_col: atColumn,
    function_name: functionName,
  }));
}

function lifecyclesJson(model: ModuleModel): Json[] {
  return model.reducers.flatMap(({ name, lifecycle }) =>
    lifecycle === undefined ? [] : [{ lifecycle_spec: lifecycleJson(lifecycle), function_name: name.canonical }],
  );
}

function explicitNamesJson(model: ModuleModel): Json[] {
  return [
    ...model.tables.map(({ name }) => explicitNameJson('Table', name)),
    ...[...model.reducers, ...model.procedures, ...model.views].map(({ name }) => explicitNameJson('Function', name)),
  ];
}

function explicitNameJson(kind: string, { source, canonical }: ModuleName): Json {
  return { [kind]: { source_name: source, canonical_name: canonical } };
}
