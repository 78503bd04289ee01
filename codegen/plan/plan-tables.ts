import {
  type ModuleModel,
  type ModuleName,
  type TableModel,
  toCamelCase,
  type ViewModel,
} from '../../src/module-def/index.ts';
import { SchemaError } from '../../src/errors.ts';
import { type PlanContext } from './plan-context.ts';
import { isKeyType, planIndexes } from './plan-indexes.ts';
import { type FieldPlan, type PlanOptions, type TablePlan } from './plan.ts';
import { filteredTables } from './filtered-tables.ts';
import { comparableKind } from './comparable-kind.ts';
import { clientMembers } from './reserved-names.ts';
import { sortedBy } from './sorted-by.ts';

/** A table or a view that clients can subscribe to. */
export type Relation = { readonly table: TableModel } | { readonly view: ViewModel };

/**
 * The tables and views that are public, or all with `includePrivate`, sorted by canonical name; a view that wants arguments is left out with a
 * warning.
 */
export function relationsOf(
  model: ModuleModel,
  { includePrivate }: PlanOptions,
  warnings: string[],
): readonly Relation[] {
  const views = model.views.filter((view) => {
    const isVisible = view.isPublic || includePrivate;
    if (isVisible && view.params.length > 0) {
      warnings.push(
        `the view ${view.name.canonical} has parameters and is left out: clients cannot pass arguments to a view`,
      );
    }
    return isVisible && view.params.length === 0;
  });
  const tables = model.tables.filter((table) => (table.isPublic || includePrivate) && !table.isSystem);
  const relations: Relation[] = [...tables.map((table) => ({ table })), ...views.map((view) => ({ view }))];
  return sortedBy(relations, (relation) => nameOf(relation).canonical);
}

/** Plans the handles and definitions of tables and views. */
export function planTables(relations: readonly Relation[], context: PlanContext): TablePlan[] {
  const accessors = context.scopes.tables.allocate(
    relations.map((relation) => ({
      wanted: toCamelCase(nameOf(relation).source),
      source: `the ${'table' in relation ? 'table' : 'view'} ${nameOf(relation).canonical}`,
    })),
  );
  for (const relation of relations) if ('table' in relation) warnOfConstraints(relation.table, context);
  const plans = relations.map((relation, index) => planTable(relation, accessors[index] ?? '', context));
  for (const { accessor, wireName, isOnClient } of plans) {
    if (!isOnClient && context.prefix === '') {
      context.warnings.push(`client.${accessor} is something else: the table ${wireName} is under client.tables only`);
    }
  }
  return plans;
}

function planTable(relation: Relation, accessor: string, context: PlanContext): TablePlan {
  const source = 'table' in relation ? relation.table : relation.view;
  const suffix = 'table' in relation ? 'Table' : 'View';
  const wireName = `${context.prefix}${source.name.canonical}`;
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
    isOnClient: context.prefix === '' && !clientMembers.includes(accessor),
    definition: `${accessor}${suffix}`,
    handle: context.scopes.exports.take({
      wanted: `${first.toUpperCase()}${accessor.slice(first.length)}${suffix}`,
      source: `the handle of ${wireName}`,
    }),
    doc: 'table' in relation ? tableDoc(relation.table, wireName, key, context) : viewDoc(relation.view, wireName, key),
    row: row.name,
    columns,
    key,
    shape: context.shapes.table(source),
    indexes:
      'table' in relation && !relation.table.isEvent ? planIndexes(relation.table, accessor, columns, context) : [],
    joined: 'table' in relation && !relation.table.isEvent ? joinedColumns(relation.table, columns) : [],
  };
}

/** What a server insists on and a schema from elsewhere may lack; the code does not need it. */
function warnOfConstraints(table: TableModel, { warnings }: PlanContext): void {
  const nameOfColumns = (columns: readonly number[]): string =>
    columns.map((column) => table.columns[column]?.name ?? String(column)).join(', ');
  const isSame = (left: readonly number[], right: readonly number[]): boolean =>
    left.length === right.length && left.every((column) => right.includes(column));
  const { primaryKey, uniqueConstraints, indexes, name } = table;
  if (primaryKey !== undefined && !uniqueConstraints.some((columns) => isSame(columns, [primaryKey]))) {
    warnings.push(
      `the primary key ${nameOfColumns([primaryKey])} of ${name.canonical} has no unique constraint: a server would refuse that`,
    );
  }
  for (const columns of uniqueConstraints) {
    if (indexes.some((index) => isSame(index.columns, columns))) continue;
    warnings.push(
      `the unique constraint on ${nameOfColumns(columns)} of ${name.canonical} has no index: a server would refuse that`,
    );
  }
}

/** The server joins by columns that it compares and that have an index of their own. */
function joinedColumns(table: TableModel, columns: readonly FieldPlan[]): FieldPlan[] {
  return columns.filter(({ use }, column) => {
    const isIndexed = table.indexes.some((index) => index.columns.length === 1 && index.columns[0] === column);
    return isIndexed && comparableKind(use) !== undefined;
  });
}

function nameOf(relation: Relation): ModuleName {
  return 'table' in relation ? relation.table.name : relation.view.name;
}

/** The rows of an event table are announced and never stored, so that a key says nothing. */
function keyOf(relation: Relation, columns: readonly FieldPlan[], context: PlanContext): FieldPlan | undefined {
  const { primaryKey, name } = 'table' in relation ? relation.table : relation.view;
  if (primaryKey === undefined || ('table' in relation && relation.table.isEvent)) return undefined;
  const column = columns[primaryKey];
  if (column === undefined || isKeyType(column.use, context.types)) return column;
  context.warnings.push(
    `the primary key ${column.wireName} of ${name.canonical} is of a type that cannot be a key: it has none then`,
  );
  return undefined;
}

function tableDoc(
  table: TableModel,
  wireName: string,
  key: FieldPlan | undefined,
  { model, prefix }: PlanContext,
): string[] {
  const schedule = model.schedules.find((candidate) => candidate.table === table.name.canonical);
  return [
    `The ${table.isPublic ? '' : 'private '}table \`${wireName}\`${table.isEvent ? ', whose rows are announced and never stored' : ''}.`,
    ...(key === undefined ? [] : [`Primary key: \`${key.property}\`.`]),
    ...(filteredTables(model).has(table.name.canonical)
      ? ['Row level security: clients see only the rows that filters of the module select.']
      : []),
    ...(schedule === undefined ? [] : [`Its rows schedule \`${prefix}${schedule.functionName}\`.`]),
  ];
}

function viewDoc(view: ViewModel, wireName: string, key: FieldPlan | undefined): string[] {
  const what = view.shape === 'option' ? 'at most one row' : 'rows';
  return [
    `The ${view.isPublic ? '' : 'private '}view \`${wireName}\`: ${what}, ${view.isAnonymous ? 'the same for everyone' : 'of the caller'}.`,
    ...(key === undefined ? [] : [`Primary key: \`${key.property}\`.`]),
  ];
}
