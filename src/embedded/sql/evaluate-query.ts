import { type AlgebraicType, type Typespace } from '../../bsatn/algebraic-type.ts';
import { type RelationSchema, type StoredRow } from '../relation.ts';
import { type OutputColumn } from './bind-select.ts';
import { type RelationOf } from './evaluate.ts';
import { acceptedRows, type Lookup, lookupIn } from './lookup.ts';
import { type QueryPlan, type QueryTable, type RowsPlan } from './plan.ts';

/** The answer of a query over HTTP. */
export type QueryResult =
  | { readonly kind: 'rows'; readonly schema: RelationSchema; readonly rows: readonly StoredRow[] }
  | {
      readonly kind: 'columns';
      readonly columns: readonly ResultColumn[];
      readonly rows: readonly (readonly StoredRow[])[];
    }
  /** One number of type U64, unless LIMIT 0 leaves nothing. */
  | { readonly kind: 'count'; readonly name: string; readonly count: bigint | undefined };

/** Where a column of the answer comes from: column `column` of the `table`th of the rows that make one row of it. */
interface ResultColumn {
  readonly name: string;
  readonly table: number;
  readonly column: number;
  readonly type: AlgebraicType;
  readonly typespace: Typespace;
}

/** Runs a query whose answer is whole rows: a bag, in which a row of a join comes once per match. */
export function evaluateRows(plan: RowsPlan, relationOf: RelationOf): readonly StoredRow[] {
  return [...tuples(plan, relationOf)].flatMap((rows) => rows[plan.output.table] ?? []);
}

/** Runs a query. */
export function evaluateQuery(plan: QueryPlan, relationOf: RelationOf): QueryResult {
  const { output, tables } = plan;
  switch (output.kind) {
    case 'rows': {
      const { schema } = tableAt(tables, output.table);
      return { kind: 'rows', schema, rows: evaluateRows({ ...plan, output }, relationOf) };
    }
    case 'columns': {
      const columns = output.columns.map((column) => resultColumn(column, tables));
      return { kind: 'columns', columns, rows: [...tuples(plan, relationOf)] };
    }
    case 'count': {
      if (plan.limit === 0n) return { kind: 'count', name: output.name, count: undefined };
      let count = 0n;
      for (const _ of tuples({ ...plan, limit: undefined }, relationOf)) count++;
      return { kind: 'count', name: output.name, count };
    }
  }
}

function resultColumn({ name, table, column }: OutputColumn, tables: readonly QueryTable[]): ResultColumn {
  const { columns, typespace } = tableAt(tables, table).schema;
  const type = columns[column]?.type;
  if (type === undefined) throw new RangeError(`no column ${column} in table ${table} of the plan`);
  return { name, table, column, type, typespace };
}

function tableAt(tables: readonly QueryTable[], position: number): QueryTable {
  const table = tables[position];
  if (table === undefined) throw new RangeError(`no table ${position} in the plan`);
  return table;
}

/** The rows of the tables that go together, in the order of FROM, up to the limit. */
function* tuples({ tables, limit }: QueryPlan, relationOf: RelationOf): Iterable<readonly StoredRow[]> {
  const candidates = tables.map((table) => candidatesOf(table, relationOf));
  let left = limit;
  if (left === 0n) return;
  for (const tuple of extend([], tables, candidates)) {
    yield tuple;
    if (left !== undefined && --left === 0n) return;
  }
}

type Candidates = (tuple: readonly StoredRow[]) => Iterable<StoredRow>;

/** For a tuple of rows of the tables before `table`, the rows that can go on with it. */
function candidatesOf(table: QueryTable, relationOf: RelationOf): Candidates {
  const relation = relationOf(table.schema.name);
  const { link } = table;
  if (link === undefined) {
    let accepted: readonly StoredRow[] | undefined;
    return () => (accepted ??= [...acceptedRows(table, relation)]);
  }
  const lookup: Lookup = lookupIn(table, relation, link.column);
  return (tuple) => lookup(tuple[link.toTable]?.value(link.toColumn));
}

function* extend(
  tuple: readonly StoredRow[],
  tables: readonly QueryTable[],
  candidates: readonly Candidates[],
): Iterable<readonly StoredRow[]> {
  const [table, next] = [tables[tuple.length], candidates[tuple.length]];
  if (table === undefined || next === undefined) {
    yield tuple;
    return;
  }
  for (const row of next(tuple)) {
    const extended = [...tuple, row];
    if (table.matches?.(extended) !== false) yield* extend(extended, tables, candidates);
  }
}
