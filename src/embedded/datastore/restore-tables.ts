import { type DatabaseImage } from '../database-image.ts';
import { type Datastore } from './datastore.ts';

/** Fills empty tables with what is kept of them. Throws a `DecodeError` for a row that is none of its table. */
export function restoreTables(datastore: Datastore, image: Pick<DatabaseImage, 'tables'>): void {
  for (const table of datastore.tables) {
    const stored = image.tables.get(table.name);
    if (stored !== undefined) table.restore(stored);
  }
}
