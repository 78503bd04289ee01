import { type Database } from '../database.ts';
import { MigrationError } from './migration-error.ts';
import { planMigration } from './migration.ts';

/** Has `database`, which is empty, take the place of another one; the result is what is different. Throws a {@link MigrationError} when rows are in the way. */
export function takeOver(database: Database, former: Database): readonly string[] {
  const plan = planMigration(former.module, database.module, (table) => former.table(table)?.size ?? 0);
  if ('problems' in plan) throw new MigrationError(plan.problems);
  database.takeOver(former, plan.migration);
  return plan.migration.changes;
}
