import { moduleFromBsatn } from '../../module-def/index.ts';
import { type ModuleModel } from '../../module-def/model.ts';
import { type DatabaseImage } from '../database-image.ts';
import { Datastore } from '../datastore/datastore.ts';
import { restoreTables } from '../datastore/restore-tables.ts';
import { flatModule } from '../flat-module.ts';
import { migrateTable } from './migrate-table.ts';
import { MigrationError } from './migration-error.ts';
import { planMigration } from './migration.ts';

/** Fills the empty tables of a module with what is kept of another version of it. Throws a {@link MigrationError} when rows do not fit. */
export function migrateImage(image: DatabaseImage, datastore: Datastore, module: ModuleModel): void {
  const formerModule = flatModule(moduleFromBsatn(image.definition));
  const former = new Datastore(formerModule);
  restoreTables(former, image);
  const plan = planMigration(formerModule, module, (table) => former.findTable(table)?.size ?? 0);
  if ('problems' in plan) throw new MigrationError(plan.problems);
  for (const table of datastore.tables) {
    const old = former.tables.find(({ name }) => name === table.name);
    if (old !== undefined) migrateTable(old, table, plan.migration.tables.get(table.name));
  }
}
