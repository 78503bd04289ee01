import {
  type ModuleModel,
  type ModuleName,
  type TableModel,
  toCamelCase,
  type ViewModel,
} from '../../src/module-def/index.ts';
import { SchemaError } from '../../src/errors.ts';
import { NameScope } from './name-scope.ts';
import { isKeyType, planIndexes } from './plan-indexes.ts';
import { type FieldPlan, type TablePlan } from './plan.ts';
import { type TypePlanner } from './plan-types.ts';
import { clientMembers } from './reserved-names.ts';
import { sortedBy } from './sorted-by.ts';

/** A table or a view that clients can subscribe to. */
export type Relation = { readonly table: TableModel } | { readonly view: ViewModel };

/** The public tables and views, sorted by canonical name; a view that wants arguments is left out with a warning. */
export function publicRelations(model: ModuleModel, warnings: string[]): readonly Relation[] {
  const views = model.views.filter((view) => {
    if (view.isPublic && view.params.length > 0) {
      warnings.push(
        `the view ${view.name.canonical} has parameters and is left out: clients cannot pass arguments to a view`,
      );
    }
    return view.isPublic && view.params.length === 0;
  });
  const tables = model.tables.filter((table) => table.isPublic && !table.isSystem);
  const relations: Relation[] = [...tables.map((table) => ({ table })), ...views.map((view) => ({ view }))];
  return sortedBy(relations, (relation) => nameOf(relation).canonical);
}

/** What plans of tables are made from. */
export interface TableContext {
  readonly model: ModuleModel;
  readonly types: TypePlanner;
  /** The scope of everything that generated code exports. */
  readonly names: NameScope;
  readonly warnings: string[];
}

/** Plans the handles and definitions of tables and views. */
export function planTables(relations: readonly Relation[], context: TableContext): TablePlan[] {
  const accessors = new NameScope('tables', context.warnings).allocate(
    relations.map((relation) => ({
      wanted: toCamelCase(nameOf(relation).source),
      source: `the ${'table' in relation ? 'table' : 'view'} ${nameOf(relation).canonical}`,
    })),
  );
  const plans = relations.map((relation, index) => planTable(relation, accessors[index] ?? '', context));
  for (const { accessor, wireName, isOnClient } of plans) {
    if (!isOnClient) {
      context.warnings.push(`client.${accessor} is something else: the table ${wireName} is under client.tables only`);
    }
  }
  return plans;
}

function planTable(relation: Relation, accessor: string, context: TableContext): TablePlan {
  const source = 'table' in relation ? relation.table : relation.view;
  const suffix = 'table' in relation ? 'Table' : 'View';
  const wireName = source.name.canonical;
  const columns = context.types.fieldsAt(source.rowRef);
  const row = context.types.uses.resolve({ tag: 'Ref', ref: source.rowRef });
  if (row.kind !== 'named') throw new SchemaError(`the row type of ${wireName} has no name`, { table: wireName });
  const key = keyOf(relation, columns, context);
  const [first = ''] = accessor;
  return {
    kind: 'table' in relation && relation.table.isEvent ? 'event' : key === undefined ? 'plain' : 'keyed',
    relation: 'table' in relation ? 'table' : relation.view.shape === 'option' ? 'option' : 'view',
    wireName,
    accessor,
    isOnClient: !clientMembers.includes(accessor),
    definition: `${accessor}${suffix}`,
    handle: context.names.take({
      wanted: `${first.toUpperCase()}${accessor.slice(first.length)}${suffix}`,
      source: `the handle of ${wireName}`,
    }),
    doc: 'table' in relation ? tableDoc(relation.table, context.model, key) : viewDoc(relation.view, key),
    row: row.name,
    columns,
    key,
    indexes:
      'table' in relation && !relation.table.isEvent ? planIndexes(relation.table, accessor, columns, context) : [],
  };
}

function nameOf(relation: Relation): ModuleName {
  return 'table' in relation ? relation.table.name : relation.view.name;
}

/** The rows of an event table are announced and never stored, so that a key says nothing. */
function keyOf(relation: Relation, columns: readonly FieldPlan[], context: TableContext): FieldPlan | undefined {
  const { primaryKey, name } = 'table' in relation ? relation.table : relation.view;
  if (primaryKey === undefined || ('table' in relation && relation.table.isEvent)) return undefined;
  const column = columns[primaryKey];
  if (column === undefined || isKeyType(column.use, context.types)) return column;
  context.warnings.push(
    `the primary key ${column.wireName} of ${name.canonical} is of a type that cannot be a key: it has none then`,
  );
  return undefined;
}

function tableDoc(table: TableModel, model: ModuleModel, key: FieldPlan | undefined): string[] {
  const schedule = model.schedules.find((candidate) => candidate.table === table.name.canonical);
  return [
    `The table \`${table.name.canonical}\`${table.isEvent ? ', whose rows are announced and never stored' : ''}.`,
    ...(key === undefined ? [] : [`Primary key: \`${key.property}\`.`]),
    ...(schedule === undefined ? [] : [`Its rows schedule \`${schedule.functionName}\`.`]),
  ];
}

function viewDoc(view: ViewModel, key: FieldPlan | undefined): string[] {
  const what = view.shape === 'option' ? 'at most one row' : 'rows';
  return [
    `The view \`${view.name.canonical}\`: ${what}, ${view.isAnonymous ? 'the same for everyone' : 'of the caller'}.`,
    ...(key === undefined ? [] : [`Primary key: \`${key.property}\`.`]),
  ];
}
