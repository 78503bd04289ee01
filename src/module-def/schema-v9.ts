import { toHex } from '../bsatn/bytes.ts';
import { type ModuleModel, type TableModel } from './model.ts';
import { accessJson, elementsJson, type Json, lifecycleJson, optionJson, sortedBy } from './schema-parts.ts';
import { tablePartsJson, typeJson } from './schema-parts.ts';

/** The schema of version 9, which knows canonical names only. Tables, types and the parts of a table are sorted by name, as a server does it. */
export function schemaV9(model: ModuleModel): Json {
  const types = sortedBy(model.types, ({ scope, name }) => [...scope, name].join('.'));
  return {
    typespace: { types: model.typespace.map(typeJson) },
    tables: sortedBy(model.tables, ({ name }) => name.canonical).map((table) => tableJson(table, model)),
    reducers: model.reducers.map(({ name, params, lifecycle }) => ({
      name: name.canonical,
      params: elementsJson(params),
      lifecycle: optionJson(lifecycle === undefined ? undefined : lifecycleJson(lifecycle)),
    })),
    types: types.map(({ scope, name, ref, customOrdering }) => ({
      name: { scope, name },
      ty: ref,
      custom_ordering: customOrdering,
    })),
    misc_exports: [...defaultsJson(model), ...proceduresJson(model), ...viewsJson(model)],
    row_level_security: model.rowLevelSecurity.map((sql) => ({ sql })),
  };
}

function tableJson(table: TableModel, model: ModuleModel): Json {
  const sorted: TableModel = {
    ...table,
    indexes: sortedBy(table.indexes, ({ name }) => name.canonical),
    uniqueConstraints: sortedBy(table.uniqueConstraints, (columns) =>
      columns.map((column) => table.columns[column]?.name ?? '').join('_'),
    ),
  };
  const schedule = model.schedules.find((candidate) => candidate.table === table.name.canonical);
  return {
    name: table.name.canonical,
    product_type_ref: table.rowRef,
    primary_key: table.primaryKey === undefined ? [] : [table.primaryKey],
    ...tablePartsJson(sorted, 'name'),
    schedule: optionJson(
      schedule === undefined
        ? undefined
        : {
            name: optionJson(schedule.name),
            reducer_name: schedule.functionName,
            scheduled_at_column: schedule.atColumn,
          },
    ),
    ...accessJson(table),
  };
}

function defaultsJson(model: ModuleModel): Json[] {
  return model.tables.flatMap((table) =>
    table.defaults.map(({ column, value }) => ({
      ColumnDefaultValue: { table: table.name.canonical, col_id: column, value: toHex(value) },
    })),
  );
}

function proceduresJson(model: ModuleModel): Json[] {
  return model.procedures.map(({ name, params, returns }) => ({
    Procedure: { name: name.canonical, params: elementsJson(params), return_type: typeJson(returns) },
  }));
}

function viewsJson(model: ModuleModel): Json[] {
  return model.views.map((view) => ({
    View: {
      name: view.name.canonical,
      index: view.index,
      is_public: view.isPublic,
      is_anonymous: view.isAnonymous,
      params: elementsJson(view.params),
      return_type: typeJson(view.returns),
    },
  }));
}
