import { equalBytes } from '../bsatn/bytes.ts';
import { type ConnectionId } from '../bsatn/special/connection-id.ts';
import { type Identity } from '../bsatn/special/identity.ts';
import { type ModuleModel } from '../module-def/model.ts';
import { Calls } from './calls.ts';
import { type CallArguments } from './call-arguments.ts';
import { type Clock } from './clock.ts';
import { type Commit, type ProcedureOutcome, type ReducerOutcome } from './commit.ts';
import { type ConnectedClient, type DatabaseImage } from './database-image.ts';
import { Datastore } from './datastore/datastore.ts';
import { type Row } from './datastore/row.ts';
import { restoreTables } from './datastore/restore-tables.ts';
import { type Table } from './datastore/table.ts';
import { type Transaction } from './datastore/transaction.ts';
import { computing, reasonOf, ViewFailure } from './death.ts';
import { type ClientChange, type Durability, type Journal, nothingToWaitFor } from './durability/journal.ts';
import { Functions } from './functions.ts';
import { type ModuleHost } from './module-host.ts';
import { ModuleLoadError } from './module-load-error.ts';
import { type Environment, type Operations, type Running } from './operations.ts';
import { type Relation, type RelationSchema, type StoredRow } from './relation.ts';
import { type Migration } from './reload/migration.ts';
import { migrateImage } from './reload/migrate-image.ts';
import { migrateTable } from './reload/migrate-table.ts';
import { Schedules } from './schedules.ts';
import { sourceColumnsOf } from './source-names.ts';
import { CommitFailure, Transactions } from './transactions.ts';
import { runViewQuery } from './view-queries.ts';
import { Views } from './views.ts';

/** A call from outside, of a reducer or a procedure. */
export interface CallRequest {
  /** The canonical name. */
  readonly name: string;
  /** BSATN of the parameters, or a JSON text as `POST …/call/:name` takes it. */
  readonly args: CallArguments;
  readonly identity: Identity;
  readonly connectionId: ConnectionId | undefined;
}

/** Changes rows in a transaction of the server itself. */
export interface DatabaseWriter {
  /** Throws a `HostError` when the row is not one of the table or is in conflict with another one. */
  insert(table: string, row: Uint8Array): void;
  /** `row` is one of the table's rows. */
  delete(table: string, row: StoredRow): void;
}

/** The client was refused by the module's `client_connected` reducer; the message is the module's. */
export class ClientRefusedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ClientRefusedError';
  }
}

/** A client that is connected. */
interface Connection extends ConnectedClient {
  /** The claims of its token, JSON in UTF-8. */
  readonly tokenPayload: Uint8Array | undefined;
}

/** What a database is made of. */
export interface DatabaseParts {
  readonly name: string;
  readonly owner: Identity;
  readonly environment: Environment;
  /** As the module describes itself. */
  readonly declared: ModuleModel;
  /** The same with the submodules as parts of it. */
  readonly module: ModuleModel;
  readonly host: ModuleHost;
  readonly operations: Operations;
}

/**
 * A module with its tables. Everything happens one after the other: a call runs to its end, its transaction is committed and announced to the listeners, and
 * only then does it return. Nothing here waits.
 */
export class Database {
  readonly name: string;
  readonly identity: Identity;
  readonly owner: Identity;
  /** The module as it describes itself: what is in a submodule is inside it. */
  readonly declared: ModuleModel;
  /** The module as the database has it: what is in a submodule is a part of the whole, under its full name (`lib.note`). */
  readonly module: ModuleModel;
  readonly #clock: Clock;
  readonly #operations: Operations;
  readonly #datastore: Datastore;
  readonly #functions: Functions;
  readonly #views: Views;
  readonly #schedules: Schedules;
  readonly #transactions: Transactions;
  readonly #calls: Calls;
  readonly #host: ModuleHost;
  #journal: Journal | undefined;
  readonly #connections = new Map<bigint, Connection>();
  #callCount = 0;

  /** Use `openDatabase`. */
  constructor(parts: DatabaseParts) {
    const { environment, module, operations, host } = parts;
    const source = sourceColumnsOf(host.definition);
    this.name = parts.name;
    this.identity = environment.identity;
    this.owner = parts.owner;
    this.declared = parts.declared;
    this.module = module;
    this.#host = host;
    this.#clock = environment.clock;
    this.#operations = operations;
    this.#datastore = new Datastore(module, source);
    this.#functions = new Functions(module, parts.owner);
    this.#views = new Views(module, source, {
      run: (view, sender, reads) => {
        const running: Running = { kind: 'view', name: view.name.canonical, reads };
        return computing(running.name, running, () =>
          operations.within(running, () => host.callView({ id: view.index, sender })),
        );
      },
      query: (sql, sender, reads) => runViewQuery(sql, this.#datastore, sender, reads),
    });
    this.#schedules = new Schedules(module, this.#datastore, {
      clock: this.#clock,
      isProcedure: (name) => this.#functions.procedure(name) !== undefined,
      call: (name, row) => this.#calls.callScheduled(name, row.bytes),
      deleteRow: (table, row) => this.#calls.unattended(() => this.#deleteScheduled(table, row)),
    });
    this.#transactions = new Transactions(this.#views, this.#schedules, () => this.#journal);
    this.#calls = new Calls({
      environment,
      functions: this.#functions,
      host,
      operations,
      transactions: this.#transactions,
    });
    this.#attachOperations();
  }

  #attachOperations(): void {
    this.#operations.attach({
      datastore: this.#datastore,
      tokenPayload: (connectionId) => this.#connections.get(connectionId.value)?.tokenPayload,
      begin: () => this.#transactions.begin(),
      commit: (transaction, procedure) => this.#calls.commitOfProcedure(transaction, procedure),
      rollback: (transaction) => this.#transactions.rollback(transaction),
      scheduleNow: (name, args) => this.#schedules.soon(() => this.#calls.callScheduled(name, args)),
      checkRow: (table, bytes) => this.#schedules.checkRow(table, bytes),
    });
  }

  /** Runs the module's `init` reducer. Throws a {@link ModuleLoadError} when it fails. */
  initialize(): void {
    const outcome = this.#calls.runInit(this.owner);
    if (outcome === undefined || outcome.tag === 'committed') return;
    const name = this.#functions.lifecycle('init')?.name ?? 'init';
    const what = name === 'init' ? 'its reducer init' : `its init reducer ${name}`;
    const death = outcome.tag === 'failed' ? undefined : outcome.death;
    if (death === undefined) throw new ModuleLoadError(`${what} failed: ${outcome.message}`);
    throw new ModuleLoadError(`${what} ${death.verb}: ${reasonOf(death)}`, { trace: death.trace });
  }

  /**
   * Goes on where another database was, instead of `initialize`, perhaps one of an older version of the module. Throws a {@link MigrationError} when its rows do
   * not fit. Clients that were connected are so still.
   */
  resume(image: DatabaseImage): void {
    if (equalBytes(image.definition, this.#host.definition)) restoreTables(this.#datastore, image);
    else migrateImage(image, this.#datastore, this.module);
    for (const client of image.connections) {
      this.#connections.set(client.connectionId.value, { ...client, tokenPayload: undefined });
    }
    this.#schedules.resume();
  }

  /** Keeps all commits in a journal from now on, what there is to begin with. Throws a `StorageError`. */
  keepIn(journal: Journal): void {
    journal.begin(() => this.image());
    this.#journal = journal;
  }

  /** Disconnects clients whose connections went with the database that they were connected to. */
  disconnectAll(clients: readonly ConnectedClient[]): void {
    for (const { identity, connectionId } of clients) this.disconnect(identity, connectionId);
  }

  /** Takes the place of a database of another module, whose rows, schedules and connections go over. Throws a {@link MigrationError} when rows do not fit,
   * a `StorageError` when they cannot be kept; then the former one goes on. */
  takeOver(former: Database, { tables }: Migration): void {
    for (const table of this.#datastore.tables) {
      const old = former.#datastore.tables.find(({ name }) => name === table.name);
      if (old !== undefined) migrateTable(old, table, tables.get(table.name));
    }
    for (const [id, connection] of former.#connections) this.#connections.set(id, connection);
    // Where the disk does not take them, the former database goes on as it is.
    if (former.#journal !== undefined) this.keepIn(former.#journal);
    former.#journal = undefined;
    this.#schedules.resume(former.#schedules);
    this.#callCount = former.#callCount;
  }

  /** How many calls of reducers and procedures came from outside. */
  get callCount(): number {
    return this.#callCount;
  }

  /** All that is kept of the database. Rows are read when they are asked for, so before anything else happens. */
  image(): DatabaseImage {
    return {
      definition: this.#host.definition,
      tables: new Map(this.#datastore.tables.map((table) => [table.name, table.image()])),
      connections: [...this.#connections.values()],
    };
  }

  /** Stops all timers, and keeps nothing more: calls throw a `ConnectionError` from then on. Throws a `StorageError`. */
  close(): void {
    this.#transactions.close();
    this.#schedules.close();
    this.#host.close?.();
    this.#operations.close();
    this.#journal?.close();
  }

  /** What there is to wait for until a commit cannot be lost. */
  get durability(): Durability {
    return this.#journal ?? nothingToWaitFor;
  }

  /** Calls `listener` with each transaction once it is committed, in order, before the call that made it returns. It must not call the database's functions. */
  onCommit(listener: (commit: Commit) => void): () => void {
    return this.#transactions.onCommit(listener);
  }

  /** The tables and views that `identity` may see: private ones are for the owner only. */
  relations(identity: Identity): readonly RelationSchema[] {
    const all = [...this.#datastore.tables.map((table) => table.schema), ...this.#views.schemas()];
    return all.filter((schema) => schema.isPublic || identity.equals(this.owner));
  }

  /** The rows of a table by its canonical name or that of its source; `undefined`: there is no such table. */
  table(name: string): Relation | undefined {
    return this.#datastore.findTable(name);
  }

  /** Whether `name` is a view. */
  isView(name: string): boolean {
    return this.#views.has(name);
  }

  /** The rows of a view for `sender`, computed now unless they are kept. Throws a `ViewFailure`. */
  viewRelation(name: string, sender: Identity): Relation {
    return this.#telling(() => this.#views.relation(name, sender));
  }

  /** As `viewRelation`; the rows are kept, and their changes are part of commits, until they are released as often. */
  acquireView(name: string, sender: Identity): Relation {
    return this.#telling(() => this.#views.acquire(name, sender));
  }

  /** That a view failed for who asked for it is in the log too, with where it failed. */
  #telling<T>(ask: () => T): T {
    try {
      return ask();
    } catch (error) {
      if (error instanceof ViewFailure) this.#calls.logDeath(`view ${error.view}`, error.death);
      throw error;
    }
  }

  releaseView(name: string, sender: Identity): void {
    this.#views.release(name, sender);
  }

  /** Whether a table has no rows, or a view none for anybody for whom it is kept. */
  isEmpty(name: string): boolean {
    return this.#views.has(name) ? this.#views.isEmpty(name) : this.#datastore.tableNamed(name).size === 0;
  }

  /**
   * Registers a connection and runs `client_connected`. `tokenPayload` is the claims of its token, JSON in UTF-8, for the module to read.
   * Throws a {@link ClientRefusedError}, or a `StorageError` where it could not be kept; the connection is not registered then.
   */
  connect(identity: Identity, connectionId: ConnectionId, tokenPayload?: Uint8Array): void {
    this.#connections.set(connectionId.value, { identity, connectionId, tokenPayload });
    try {
      const outcome = this.#calls.runForClient({ kind: 'connected', identity, connectionId });
      if (outcome === undefined) this.#noteClient({ kind: 'connected', identity, connectionId });
      else if (outcome.tag !== 'committed') throw new ClientRefusedError(outcome.message);
    } catch (error) {
      this.#connections.delete(connectionId.value);
      throw error;
    }
  }

  /** Runs `client_disconnected` and forgets the connection, even when that fails. */
  disconnect(identity: Identity, connectionId: ConnectionId): void {
    try {
      const outcome = this.#calls.runForClient({ kind: 'disconnected', identity, connectionId });
      if (outcome?.tag !== 'committed') this.#noteClient({ kind: 'disconnected', identity, connectionId });
    } finally {
      this.#connections.delete(connectionId.value);
    }
  }

  /** Keeps who is connected where no reducer of the module does. */
  #noteClient(client: ClientChange): void {
    this.#journal?.append({ timestamp: this.#clock.nowMicros(), client, tables: [] });
  }

  callReducer({ name, args, identity, connectionId }: CallRequest): ReducerOutcome {
    this.#callCount++;
    const timestamp = this.#clock.nowMicros();
    const admission = this.#functions.admitReducer(name, identity, args);
    if ('reason' in admission) {
      // Also for a procedure that is called over HTTP, where the recorded server looks for a reducer first.
      if (admission.reason === 'unknownFunction') this.#calls.logUnknownReducer(name);
      return { tag: 'internalError', ...admission, timestamp, durationMicros: 0n };
    }
    const caller = { sender: identity, connectionId, timestamp };
    return this.#calls.runReducer(admission.callee, caller, admission.bytes, { callerConnection: connectionId });
  }

  /** The outcome comes at once or, when the procedure waits for something, later; it never rejects. */
  callProcedure({ name, args, identity, connectionId }: CallRequest): ProcedureOutcome | Promise<ProcedureOutcome> {
    this.#callCount++;
    const timestamp = this.#clock.nowMicros();
    const admission = this.#functions.admitProcedure(name, identity, args);
    if ('reason' in admission) return { tag: 'internalError', ...admission, timestamp, durationMicros: 0n };
    return this.#calls.runProcedure(admission.callee, { sender: identity, connectionId, timestamp }, admission.bytes);
  }

  /** Runs `change` in a transaction of the server itself. What it throws, or a view that fails because of it, takes everything back. */
  transact<T>(change: (writer: DatabaseWriter) => T): T {
    const timestamp = this.#clock.nowMicros();
    const transaction = this.#transactions.begin();
    let result: T;
    try {
      result = change(this.#writer(transaction));
    } catch (error) {
      this.#transactions.rollback(transaction);
      throw error;
    }
    this.#transactions.commit(transaction, { timestamp, functionName: undefined, callerConnection: undefined });
    return result;
  }

  #writer(transaction: Transaction): DatabaseWriter {
    return {
      insert: (name, row) => {
        const table = this.#datastore.tableNamed(name);
        this.#schedules.checkRow(table, row);
        transaction.insert(table, row);
      },
      delete: (name, row) => {
        const table = this.#datastore.tableNamed(name);
        const stored = table.same(row);
        if (stored !== undefined) transaction.delete(table, stored);
      },
    };
  }

  #deleteScheduled(table: Table, row: Row): void {
    if (table.same(row) !== row) return;
    try {
      this.transact((writer) => writer.delete(table.name, row));
    } catch (error) {
      if (!(error instanceof CommitFailure)) throw error;
      const problem = `the row of table ${table.name} whose time has come could not be deleted and comes again at the next start`;
      this.#calls.logError(`${problem}: ${error.message}`, undefined);
    }
  }
}
