import { type Identity } from '../../bsatn/special/identity.ts';
import { type Database } from '../database.ts';
import { type Relation, type RelationSchema } from '../relation.ts';
import { type Catalog } from '../sql/index.ts';

/** The tables and views that `identity` may name in SQL, by the canonical name first and the one of the source second. */
export function catalogOf(database: Database, identity: Identity): Catalog {
  const byName = new Map<string, RelationSchema>();
  const schemas = database.relations(identity);
  for (const schema of schemas) byName.set(schema.name, schema);
  for (const schema of schemas) if (!byName.has(schema.alias)) byName.set(schema.alias, schema);
  return { find: (name) => byName.get(name) };
}

/** The rows of a table, or of a view for `identity`. Throws when the view fails. */
export function relationOf(database: Database, name: string, identity: Identity): Relation {
  const relation = database.isView(name) ? database.viewRelation(name, identity) : database.table(name);
  if (relation === undefined) throw new Error(`the database has no table ${name}`);
  return relation;
}
