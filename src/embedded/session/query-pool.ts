import { type Identity } from '../../bsatn/special/identity.ts';
import { messageOf } from '../../errors.ts';
import { rowListOf } from '../../wire/row-list.ts';
import { type TableRows, type TableUpdateRows } from '../../wire/server-message.ts';
import { type Commit } from '../commit.ts';
import { type Database } from '../database.ts';
import { type RelationDelta, type StoredRow } from '../relation.ts';
import { evaluate, evaluateDelta, QueryIndex, type SubscriptionPlan, tablesOfPlan } from '../sql/index.ts';
import { type ViewDelta } from '../views.ts';
import { relationOf } from './catalog.ts';

/** One query for all the users that have it: the same text, and the same caller where the rows depend on him. */
export interface SharedQuery<User> {
  readonly key: string;
  /** Tells it from all others that the pool has had. */
  readonly number: number;
  readonly sql: string;
  readonly plan: SubscriptionPlan;
  /** Whose views are read. */
  readonly sender: Identity;
  readonly users: Set<User>;
}

/** What a transaction did to a query: changes of its rows, or an end to it. */
export type QueryChange = { readonly rows: TableUpdateRows } | { readonly problem: string };

/** All queries that somebody has subscribed to. Each is evaluated once for a transaction, however many have it. */
export class QueryPool<User> {
  readonly #database: Database;
  readonly #queries = new Map<string, SharedQuery<User>>();
  #lastNumber = 0;
  readonly #index = new QueryIndex<SharedQuery<User>>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Adds a user to a query. The views that it reads are kept up to date from now on. Throws when one of them fails. */
  add(plan: SubscriptionPlan, sql: string, sender: Identity, user: User): SharedQuery<User> {
    const key = this.#isForSender(plan) ? `${sender.toHexString()} ${sql}` : sql;
    let query = this.#queries.get(key);
    if (query === undefined) {
      query = { key, number: ++this.#lastNumber, sql, plan, sender, users: new Set() };
      this.#acquireViews(query);
      this.#queries.set(key, query);
      this.#index.add(query, plan);
    }
    query.users.add(user);
    return query;
  }

  /** Takes a user from a query. Its views are kept until `release`, so that its rows can still be read. */
  remove(query: SharedQuery<User>, user: User): void {
    query.users.delete(user);
    if (query.users.size > 0) return;
    this.#queries.delete(query.key);
    this.#index.remove(query, query.plan);
  }

  /** Lets go of the views of a query that was removed and has no users. */
  release(query: SharedQuery<User>): void {
    if (query.users.size > 0) return;
    for (const view of this.#viewsOf(query.plan)) this.#database.releaseView(view, query.sender);
  }

  /** Whether a query reads views, whose rows another module may make differently. */
  readsViews({ plan }: SharedQuery<User>): boolean {
    return this.#viewsOf(plan).length > 0;
  }

  /** The rows of a query as they are now. */
  storedRows({ plan, sender }: SharedQuery<User>): readonly StoredRow[] {
    return evaluate(plan, (name) => relationOf(this.#database, name, sender));
  }

  /** The rows of a query; `undefined` when a table that it reads has no row at all, which servers leave out altogether. */
  rowsOf(query: SharedQuery<User>): TableRows | undefined {
    const { plan } = query;
    if (tablesOfPlan(plan).some(({ schema }) => this.#database.isEmpty(schema.name))) return undefined;
    const rows = this.storedRows(query);
    return { table: plan.returns.name, rows: rowListOf(rows.map((row) => row.bytes)) };
  }

  /** What a transaction changed, for each query that it concerns. */
  changesOf(commit: Commit): ReadonlyMap<SharedQuery<User>, QueryChange> {
    const changes = new Map<SharedQuery<User>, QueryChange>();
    if (commit.deltas.size === 0 && commit.viewDeltas.length === 0) return changes;
    const concerned = new Set<SharedQuery<User>>();
    for (const [table, delta] of commit.deltas) this.#collect(table, delta, concerned);
    for (const { view, delta } of commit.viewDeltas) this.#collect(view, delta, concerned);
    for (const query of concerned) {
      const change = this.#changeOf(query, commit);
      if (change !== undefined) changes.set(query, change);
    }
    return changes;
  }

  #collect(relation: string, { inserted, deleted }: RelationDelta, concerned: Set<SharedQuery<User>>): void {
    if (!this.#index.reads(relation)) return;
    for (const rows of [inserted, deleted]) {
      for (const row of rows) {
        for (const query of this.#index.candidates(relation, row)) concerned.add(query);
      }
    }
  }

  #changeOf({ plan, sender }: SharedQuery<User>, commit: Commit): QueryChange | undefined {
    try {
      const { inserted, deleted } = evaluateDelta(
        plan,
        (name) => relationOf(this.#database, name, sender),
        (name) => (this.#database.isView(name) ? viewDelta(commit.viewDeltas, name, sender) : commit.deltas.get(name)),
      );
      if (inserted.length === 0 && deleted.length === 0) return undefined;
      return { rows: updateRows(plan, inserted, deleted) };
    } catch (error) {
      return { problem: messageOf(error) };
    }
  }

  #isForSender(plan: SubscriptionPlan): boolean {
    const { views } = this.#database.module;
    return (
      plan.dependsOnSender ||
      this.#viewsOf(plan).some((name) => views.some((view) => view.name.canonical === name && !view.isAnonymous))
    );
  }

  #viewsOf(plan: SubscriptionPlan): readonly string[] {
    return tablesOfPlan(plan)
      .map(({ schema }) => schema.name)
      .filter((name) => this.#database.isView(name));
  }

  /** Acquires all views or, when one fails, none. */
  #acquireViews({ plan, sender }: SharedQuery<User>): void {
    const acquired: string[] = [];
    try {
      for (const view of this.#viewsOf(plan)) {
        this.#database.acquireView(view, sender);
        acquired.push(view);
      }
    } catch (error) {
      for (const view of acquired) this.#database.releaseView(view, sender);
      throw error;
    }
  }
}

function viewDelta(deltas: readonly ViewDelta[], name: string, sender: Identity): RelationDelta | undefined {
  return deltas.find(({ view, sender: owner }) => view === name && (owner === undefined || owner.equals(sender)))
    ?.delta;
}

/** Changes of a query's rows as clients are told of them. */
export function updateRows(
  plan: SubscriptionPlan,
  inserted: readonly StoredRow[],
  deleted: readonly StoredRow[],
): TableUpdateRows {
  const inserts = rowListOf(inserted.map((row) => row.bytes));
  if (plan.returns.isEvent) return { tag: 'EventTable', events: inserts };
  return { tag: 'PersistentTable', inserts, deletes: rowListOf(deleted.map((row) => row.bytes)) };
}
