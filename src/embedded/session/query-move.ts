import { type Identity } from '../../bsatn/special/identity.ts';
import { type RelationSchema, type StoredRow } from '../relation.ts';
import { holdsOldValues } from '../reload/type-extension.ts';
import { type SubscriptionPlan } from '../sql/index.ts';
import { type QueryChange, type QueryPool, type SharedQuery, updateRows } from './query-pool.ts';

/** A query in the new pool, and what is different about its rows. */
interface MovedQuery<User> {
  readonly query: SharedQuery<User>;
  readonly change: QueryChange | undefined;
}

/** Moves queries from the pool of one database to that of the one that takes its place. */
export class QueryMove<User> {
  readonly target: QueryPool<User>;
  readonly #source: QueryPool<User>;
  readonly #compile: (sql: string, identity: Identity) => SubscriptionPlan;
  /** A query that several have is evaluated once. */
  readonly #changes = new Map<SharedQuery<User>, QueryChange | undefined>();

  /** `compile` makes the plan of a query in the new database, or throws. */
  constructor(
    source: QueryPool<User>,
    target: QueryPool<User>,
    compile: (sql: string, identity: Identity) => SubscriptionPlan,
  ) {
    this.#source = source;
    this.target = target;
    this.#compile = compile;
  }

  /** Moves a query for one user. Throws when it is wrong now or its rows have other columns. */
  query(former: SharedQuery<User>, user: User): MovedQuery<User> {
    const { sql, sender } = former;
    const plan = this.#compile(sql, sender);
    if (!haveSameRows(former.plan.returns, plan.returns)) {
      throw new Error(
        `${plan.returns.name} has other columns since the module was reloaded; subscribe again with new bindings`,
      );
    }
    const query = this.target.add(plan, sql, sender, user);
    if (!this.#changes.has(former)) this.#changes.set(former, this.#changeOf(former, query));
    return { query, change: this.#changes.get(former) };
  }

  /** Rows of tables go over as they are; only views may make others of them. */
  #changeOf(former: SharedQuery<User>, query: SharedQuery<User>): QueryChange | undefined {
    if (!this.#source.readsViews(former) && !this.target.readsViews(query)) return undefined;
    const [before, after] = [counted(this.#source.storedRows(former)), counted(this.target.storedRows(query))];
    const [inserted, deleted] = [surplus(after, before), surplus(before, after)];
    if (inserted.length === 0 && deleted.length === 0) return undefined;
    return { rows: updateRows(query.plan, inserted, deleted) };
  }
}

interface Counted {
  readonly row: StoredRow;
  count: number;
}

/** A join may return a row several times. */
function counted(rows: readonly StoredRow[]): ReadonlyMap<string, Counted> {
  const counts = new Map<string, Counted>();
  for (const row of rows) {
    const known = counts.get(row.key);
    if (known === undefined) counts.set(row.key, { row, count: 1 });
    else known.count++;
  }
  return counts;
}

/** The rows of which `counts` has more than `others`, as many times. */
function surplus(counts: ReadonlyMap<string, Counted>, others: ReadonlyMap<string, Counted>): readonly StoredRow[] {
  return [...counts].flatMap(([key, { row, count }]) => {
    const missing = count - (others.get(key)?.count ?? 0);
    return missing > 0 ? Array<StoredRow>(missing).fill(row) : [];
  });
}

/** Whether clients that know the columns of one can read the rows of the other. */
function haveSameRows(before: RelationSchema, after: RelationSchema): boolean {
  if (before.name !== after.name || before.isEvent !== after.isEvent) return false;
  if (before.columns.length !== after.columns.length) return false;
  return before.columns.every(({ name, type }, index) => {
    const now = after.columns[index];
    return now?.name === name && holdsOldValues([type, before.typespace], [now.type, after.typespace]);
  });
}
