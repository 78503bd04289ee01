import { type IndexModel, type TableModel, toCamelCase } from '../../src/module-def/index.ts';
import { NameScope } from './name-scope.ts';
import { type AliasPlan, type FieldPlan, type IndexPlan } from './plan.ts';
import { type PlanContext } from './plan-context.ts';
import { type TypePlanner } from './plan-types.ts';
import { handleMembers } from './reserved-names.ts';
import { sortedBy } from './sorted-by.ts';
import { type Use } from './use.ts';

/** Plans the indexes of one table that its source gives a name; those without one were made by the system. */
export function planIndexes(
  table: TableModel,
  tableAccessor: string,
  columns: readonly FieldPlan[],
  context: PlanContext,
): IndexPlan[] {
  const named = table.indexes.flatMap((index) =>
    index.accessor === undefined ? [] : [{ ...index, accessor: index.accessor }],
  );
  const sorted = sortedBy(named, ({ accessor, columns: of }) => `${accessor} ${of.join(' ')}`);
  const usable = sorted.filter((index) => {
    const wrong = index.columns.map((column) => columns[column]).find((column) => !isIndexed(column, context));
    if (wrong === undefined) return true;
    context.warnings.push(
      `the index ${index.accessor} of ${table.name.canonical} is left out: values of the column ${wrong.wireName} cannot be looked up; integers, booleans, strings, identities, times and enums without payloads can`,
    );
    return false;
  });
  const scope = new NameScope(`indexes of ${table.name.canonical}`, context.warnings, handleMembers, 'Index');
  const accessors = scope.allocate(
    usable.map(({ accessor }) => ({ wanted: toCamelCase(accessor), source: `the index ${accessor}` })),
  );
  return usable.map((index, position) => {
    const fields = index.columns.flatMap((column) => columns[column] ?? []);
    const accessor = accessors[position] ?? '';
    return {
      kind: kindOf(index, table),
      accessor,
      aliases: aliasesOf(index.accessor, fields, scope),
      definition: `${tableAccessor}$${accessor}`,
      columns: fields,
    };
  });
}

function isIndexed(column: FieldPlan | undefined, { types }: PlanContext): boolean {
  return column === undefined || isKeyType(column.use, types);
}

function kindOf(index: IndexModel, table: TableModel): IndexPlan['kind'] {
  const columns = new Set(index.columns);
  const isUnique = table.uniqueConstraints.some(
    (constraint) => constraint.length === columns.size && constraint.every((column) => columns.has(column)),
  );
  if (index.algorithm === 'btree') return isUnique ? 'uniqueOrdered' : 'ordered';
  return isUnique ? 'unique' : 'hash';
}

/** An index of one column is reachable by the column too; the spelling of the source is what the official client uses. */
function aliasesOf(source: string, columns: readonly FieldPlan[], scope: NameScope): AliasPlan[] {
  const [only, ...others] = columns;
  const wanted: AliasPlan[] = [
    ...(only === undefined || others.length > 0 ? [] : [{ name: only.property, isDeprecated: false }]),
    { name: source, isDeprecated: true },
  ];
  return wanted.filter(({ name }) => {
    if (scope.has(name)) return false;
    scope.take({ wanted: name, source });
    return true;
  });
}

/** Whether equal values of this type can be found by a key: integers, bool, string, identities, times and sums without payloads. */
export function isKeyType(use: Use, types: TypePlanner): boolean {
  switch (use.kind) {
    case 'primitive':
      return use.tag !== 'F32' && use.tag !== 'F64';
    case 'special':
      return use.type !== 'ScheduleAt';
    case 'named':
      return types.isEnumeration(use.name);
    default:
      return false;
  }
}
