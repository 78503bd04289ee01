import { Identity } from '../bsatn/special/identity.ts';
import { type Datastore } from './datastore/datastore.ts';
import { type ReadSet } from './read-set.ts';
import { type StoredRow } from './relation.ts';
import { compileQuery, evaluateRows, tablesOfPlan } from './sql/index.ts';

/** An anonymous view has no caller; `:sender` in its query stands for nobody. */
const nobody = new Identity(0n);

/**
 * The rows of a query that a view answered with. It may read all tables, private ones too, and counts as having read them whole.
 * Throws an `SqlError` for a query that is wrong.
 */
export function runViewQuery(
  sql: string,
  datastore: Datastore,
  sender: Identity | undefined,
  reads: ReadSet,
): readonly StoredRow[] {
  const catalog = { find: (name: string) => datastore.findTable(name)?.schema };
  const plan = compileQuery(sql, catalog, { identity: sender ?? nobody });
  for (const { schema } of tablesOfPlan(plan)) reads.addTable(datastore.tableNamed(schema.name));
  return evaluateRows(plan, (name) => datastore.tableNamed(name));
}
