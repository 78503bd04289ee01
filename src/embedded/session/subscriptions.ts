import { type ConnectionId } from '../../bsatn/special/connection-id.ts';
import { type Identity } from '../../bsatn/special/identity.ts';
import { messageOf } from '../../errors.ts';
import { rowListOf } from '../../wire/row-list.ts';
import { type QuerySetUpdate, type TableRows, type TableUpdateRows } from '../../wire/server-message.ts';
import { type Commit } from '../commit.ts';
import { type Database } from '../database.ts';
import {
  compileQuery,
  compileSubscription,
  evaluateRows,
  isSelectAllTables,
  SqlError,
  subscriptionErrorText,
  type SubscriptionPlan,
} from '../sql/index.ts';
import { catalogOf, relationOf } from './catalog.ts';
import { QueryMove } from './query-move.ts';
import { type QueryChange, QueryPool, type SharedQuery } from './query-pool.ts';
import { SharedUpdate } from './shared-update.ts';

/** A connection that may have query sets. */
export interface Subscriber {
  readonly identity: Identity;
  readonly connectionId: ConnectionId;
  /** What a transaction changed for this connection; `isOwnCall`: in a reducer that this connection is calling. */
  notify(update: SharedUpdate, isOwnCall: boolean): void;
  /** A query set could not be evaluated any more, and is gone. */
  notifyFailure(querySetId: number, error: string): void;
}

/** A subscription or query that is refused. The message is a server's text. */
export class SubscriptionRefusal extends Error {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'SubscriptionRefusal';
  }
}

/** The queries that a client registered under one id. */
interface QuerySet {
  readonly id: number;
  readonly subscriber: Subscriber;
  queries: SharedQuery<QuerySet>[];
}

/** What became of the rows of queries. */
type QueryChanges = ReadonlyMap<SharedQuery<QuerySet>, QueryChange>;

/** The query sets of all connections. */
export class Subscriptions {
  readonly #sets = new Map<Subscriber, Map<number, QuerySet>>();
  #database: Database;
  #pool: QueryPool<QuerySet>;
  #stopListening: () => void;

  constructor(database: Database) {
    this.#database = database;
    this.#pool = new QueryPool(database);
    this.#stopListening = database.onCommit((commit) => this.#publish(commit));
  }

  /**
   * Goes over to a database that has taken over from the present one. Clients are told what views make of their rows now; a set that names what is no longer
   * there, or whose rows have other columns now, ends with an error.
   */
  moveTo(database: Database): void {
    const move = new QueryMove(this.#pool, new QueryPool<QuerySet>(database), (sql, identity) =>
      compileSubscription(sql, catalogOf(database, identity), { identity }),
    );
    this.#stopListening();
    this.#stopListening = database.onCommit((commit) => this.#publish(commit));
    this.#database = database;
    this.#pool = move.target;
    for (const [subscriber, sets] of this.#sets) {
      const updates = [...sets.values()].flatMap((set) => this.#moveSet(set, move) ?? []);
      if (updates.length > 0) subscriber.notify(new SharedUpdate(updates), false);
    }
  }

  /** Moves one set; the result is what changed for it, `undefined` when nothing did or it could not be moved. */
  #moveSet(set: QuerySet, move: QueryMove<QuerySet>): QuerySetUpdate | undefined {
    const formerQueries = set.queries;
    set.queries = [];
    try {
      const changes = new Map<SharedQuery<QuerySet>, QueryChange>();
      for (const former of formerQueries) {
        const { query, change } = move.query(former, set);
        set.queries.push(query);
        if (change !== undefined) changes.set(query, change);
      }
      return changes.size === 0 ? undefined : updateOf(set, changes);
    } catch (error) {
      this.#fail(set, messageOf(error));
      return undefined;
    }
  }

  /**
   * Registers a query set; the result is the rows of each query, in order. Texts that are the same but for white space around them are one query.
   * Throws a {@link SubscriptionRefusal} when one of the queries is wrong or the id is in use; nothing is registered then.
   */
  subscribe(subscriber: Subscriber, id: number, texts: readonly string[]): TableRows[] {
    const plans = this.#compile(subscriber.identity, texts);
    const sets = this.#setsOf(subscriber);
    if (sets.has(id)) {
      throw new SubscriptionRefusal(
        `Subscription with id ${querySetText(id)} already exists for client: ${clientText(subscriber)}`,
      );
    }
    const set: QuerySet = { id, subscriber, queries: [] };
    try {
      for (const [sql, plan] of plans) {
        set.queries.push(this.#pool.add(plan, sql, subscriber.identity, set));
      }
      const rows = this.#rowsOf(set);
      sets.set(id, set);
      return rows;
    } catch (error) {
      this.#remove(set);
      this.#release(set);
      throw new SubscriptionRefusal(messageOf(error), { cause: error });
    }
  }

  /** Ends a query set; the result is its rows as they are now, when they are wanted. Throws a {@link SubscriptionRefusal} for an id not in use. */
  unsubscribe(subscriber: Subscriber, id: number, withRows: boolean): TableRows[] | undefined {
    const sets = this.#sets.get(subscriber);
    if (sets === undefined) throw new SubscriptionRefusal(`Client not found: ${clientText(subscriber)}`);
    const set = sets.get(id);
    if (set === undefined) {
      throw new SubscriptionRefusal(`Subscription not found: (${clientText(subscriber)}, ${querySetText(id)})`);
    }
    this.#remove(set);
    try {
      return withRows ? this.#rowsOf(set) : undefined;
    } finally {
      this.#release(set);
    }
  }

  /** The rows of a query, now. Throws a {@link SubscriptionRefusal} when it is wrong. */
  query(identity: Identity, sql: string): TableRows {
    try {
      const plan = compileQuery(sql, catalogOf(this.#database, identity), { identity });
      const rows = evaluateRows(plan, (name) => relationOf(this.#database, name, identity));
      const table = plan.tables[plan.output.table]?.schema.name ?? '';
      return { table, rows: rowListOf(rows.map((row) => row.bytes)) };
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      throw new SubscriptionRefusal(error.message, { cause: error });
    }
  }

  /** Ends all query sets of a connection that is gone. */
  drop(subscriber: Subscriber): void {
    for (const set of this.#sets.get(subscriber)?.values() ?? []) {
      this.#remove(set);
      this.#release(set);
    }
  }

  /** The plans of a set by their trimmed text, in order. */
  #compile(identity: Identity, texts: readonly string[]): ReadonlyMap<string, SubscriptionPlan> {
    const catalog = catalogOf(this.#database, identity);
    const plans = new Map<string, SubscriptionPlan>();
    for (const sql of texts.flatMap((text) => this.#expand(text.trim(), identity))) {
      if (plans.has(sql)) continue;
      try {
        plans.set(sql, compileSubscription(sql, catalog, { identity }));
      } catch (error) {
        if (!(error instanceof SqlError)) throw error;
        throw new SubscriptionRefusal(subscriptionErrorText(error, sql), { cause: error });
      }
    }
    return plans;
  }

  /** `SELECT * FROM *` stands for all tables that the caller may read, but for views and event tables. */
  #expand(sql: string, identity: Identity): readonly string[] {
    if (!isSelectAllTables(sql)) return [sql];
    return this.#database
      .relations(identity)
      .filter((schema) => !schema.isEvent && !this.#database.isView(schema.name))
      .map((schema) => `SELECT * FROM ${schema.name}`);
  }

  #setsOf(subscriber: Subscriber): Map<number, QuerySet> {
    let sets = this.#sets.get(subscriber);
    if (sets === undefined) {
      sets = new Map();
      this.#sets.set(subscriber, sets);
    }
    return sets;
  }

  #rowsOf(set: QuerySet): TableRows[] {
    return set.queries.flatMap((query) => this.#pool.rowsOf(query) ?? []);
  }

  #remove(set: QuerySet): void {
    for (const query of set.queries) this.#pool.remove(query, set);
    const sets = this.#sets.get(set.subscriber);
    if (sets?.get(set.id) === set) sets.delete(set.id);
    if (sets?.size === 0) this.#sets.delete(set.subscriber);
  }

  #release(set: QuerySet): void {
    for (const query of set.queries) this.#pool.release(query);
  }

  /** Tells each connection what a transaction changed in its query sets. Those who see the same are told the same, which is made once. */
  #publish(commit: Commit): void {
    const changes = this.#pool.changesOf(commit);
    if (changes.size === 0) return;
    this.#endFailed(changes);
    const shared = new Map<string, SharedUpdate>();
    for (const [subscriber, sets] of bySubscriber(changes)) {
      if (sets.length > 1) sets.sort(byId);
      const key = keyOf(sets, changes);
      let update = shared.get(key);
      if (update === undefined) {
        update = new SharedUpdate(sets.map((set) => updateOf(set, changes)));
        shared.set(key, update);
      }
      subscriber.notify(update, commit.callerConnection?.equals(subscriber.connectionId) ?? false);
    }
  }

  /** Ends the sets of which a query could not be evaluated. */
  #endFailed(changes: QueryChanges): void {
    const failed = new Set<QuerySet>();
    for (const [{ users }, change] of changes) {
      if ('problem' in change) for (const set of users) failed.add(set);
    }
    for (const set of [...failed].sort(byId)) this.#fail(set, problemOf(set, changes));
  }

  #fail(set: QuerySet, problem: string): void {
    this.#remove(set);
    this.#release(set);
    set.subscriber.notifyFailure(set.id, problem);
  }
}

function byId(left: QuerySet, right: QuerySet): number {
  return left.id - right.id;
}

/** Why the first of a set's queries that failed did so. */
function problemOf({ queries }: QuerySet, changes: QueryChanges): string {
  for (const query of queries) {
    const change = changes.get(query);
    if (change !== undefined && 'problem' in change) return change.problem;
  }
  return '';
}

/** The sets whose rows changed. */
function bySubscriber(changes: QueryChanges): ReadonlyMap<Subscriber, QuerySet[]> {
  const changed = new Set<QuerySet>();
  for (const { users } of changes.keys()) for (const set of users) changed.add(set);
  const sets = new Map<Subscriber, QuerySet[]>();
  for (const set of changed) {
    const others = sets.get(set.subscriber);
    if (others === undefined) sets.set(set.subscriber, [set]);
    else others.push(set);
  }
  return sets;
}

/** The same for all connections that are told the same: the numbers of their sets and of the queries whose rows changed. */
function keyOf(sets: readonly QuerySet[], changes: QueryChanges): string {
  let key = '';
  for (const { id, queries } of sets) {
    key += `;${id}`;
    for (const query of queries) if (changes.has(query)) key += `,${query.number}`;
  }
  return key;
}

/** What changed in a set. */
function updateOf({ id, queries }: QuerySet, changes: QueryChanges): QuerySetUpdate {
  const byTable = new Map<string, TableUpdateRows[]>();
  for (const query of queries) {
    const change = changes.get(query);
    if (change === undefined || 'problem' in change) continue;
    const table = query.plan.returns.name;
    const rows = byTable.get(table);
    if (rows === undefined) byTable.set(table, [change.rows]);
    else rows.push(change.rows);
  }
  const tables = [...byTable]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([table, rows]) => ({ table, rows }));
  return { querySetId: id, tables };
}

function querySetText(id: number): string {
  return `QuerySetId { id: ${id} }`;
}

function clientText({ identity, connectionId }: Subscriber): string {
  return `(Identity(${identity.toHexString()}), ConnectionId(${connectionId.toHexString()}))`;
}
