import { type ConnectionId } from '../bsatn/special/connection-id.ts';
import { type Identity } from '../bsatn/special/identity.ts';
import { messageOf } from '../errors.ts';
import { type Clock, type Timer } from './clock.ts';
import { type Datastore, type IndexEntry } from './datastore/datastore.ts';
import { type Row } from './datastore/row.ts';
import { type Table } from './datastore/table.ts';
import { decoding, type EncodedRange } from './datastore/table-index.ts';
import { type Transaction } from './datastore/transaction.ts';
import { errno, HostError } from './errno.ts';
import { type LogLine, type LogRecord, serverTarget } from './log-record.ts';
import { type HostOps, type ModuleTrapDetails } from './module-host.ts';
import { type HttpOutcome, makeHttpRequest, readHttpRequest } from './procedures/http-request.ts';
import { type ReadSet } from './read-set.ts';
import { watchdog } from './watchdog/watchdog.ts';

/** The function of the module that is running, and what it may do. */
export type Running = {
  /** What it wrote to its log when it panicked. */
  panic?: LogLine;
} & (
  | { readonly kind: 'reducer'; readonly name: string; readonly transaction: Transaction }
  /** Reads only, and all that it reads is noted. */
  | { readonly kind: 'view'; readonly name: string; readonly reads: ReadSet }
  /** Opens and ends transactions of its own. */
  | { readonly kind: 'procedure'; readonly name: string; transaction: Transaction | undefined }
);

/** Where the database takes what is not its own from. */
export interface Environment {
  /** The identity of the database. */
  readonly identity: Identity;
  readonly clock: Clock;
  /** As many random bytes as it is asked for. */
  readonly random: (size: number) => Uint8Array;
  readonly log: (record: LogRecord) => void;
  /** How long a function may run before the watchdog says so, in milliseconds; 0: for ever. */
  readonly slowCallMs: number;
}

/** What the operations need of the database around them. */
export interface OperationsHost {
  readonly datastore: Datastore;
  readonly tokenPayload: (connectionId: ConnectionId) => Uint8Array | undefined;
  /** Throws when another transaction is open. */
  readonly begin: () => Transaction;
  /** Commits the transaction of a procedure, or throws a `HostError` after it was rolled back. */
  readonly commit: (transaction: Transaction, procedure: string) => void;
  readonly rollback: (transaction: Transaction) => void;
  readonly scheduleNow: (reducer: string, args: Uint8Array) => void;
  /** Throws a `HostError` for a row that a schedule cannot take. */
  readonly checkRow: (table: Table, bytes: Uint8Array) => void;
}

const notRunning =
  'no function of the module is running: rows are there only while a reducer, view or procedure runs, and none may be async';

/**
 * The operations of the module's functions on the tables. Calls nest (a view runs while a procedure commits, a reducer while one sleeps), and what is
 * asked for is always for the innermost. While the module is loaded, before `attach`, it can log and little else.
 */
export class Operations implements HostOps {
  readonly #environment: Environment;
  #attached: OperationsHost | undefined;
  readonly #running: Running[] = [];
  /** Of procedures. */
  readonly #sleeping = new Set<Timer>();
  readonly #closed = new AbortController();

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  get identity(): Identity {
    return this.#environment.identity;
  }

  attach(host: OperationsHost): void {
    this.#attached = host;
  }

  get #host(): OperationsHost {
    if (this.#attached === undefined) throw new HostError(errno.notInTransaction, 'the module is not loaded yet');
    return this.#attached;
  }

  get #datastore(): Datastore {
    return this.#host.datastore;
  }

  /** Runs `call` as `running`. */
  within<T>(running: Running, call: () => T): T {
    this.#running.push(running);
    try {
      return watchdog.within(`${running.kind} ${running.name}`, this.#environment.slowCallMs, call);
    } finally {
      this.#running.pop();
    }
  }

  tableId(name: string): number {
    this.#reading();
    return this.#datastore.tableNamed(name).id;
  }

  indexId(name: string): number {
    this.#reading();
    return this.#datastore.indexNamed(name).index.id;
  }

  rowCount(table: number): number {
    return this.#readTable(table).size;
  }

  scanTable(table: number): readonly Row[] {
    return [...this.#readTable(table).rows()];
  }

  scanPoint(index: number, point: Uint8Array): readonly Row[] {
    const running = this.#reading();
    const entry = this.#datastore.index(index);
    const key = entry.index.pointKey(point);
    if (running.kind === 'view') running.reads.addPoint(entry.index, key);
    return entry.index.at(key);
  }

  scanRange(index: number, range: EncodedRange): readonly Row[] {
    const running = this.#reading();
    const entry = this.#datastore.index(index);
    if (running.kind === 'view') running.reads.addTable(entry.table);
    return entry.index.within(entry.index.range(range));
  }

  insert(table: number, row: Uint8Array): Uint8Array {
    const transaction = this.#writing();
    const target = this.#datastore.table(table);
    this.#host.checkRow(target, row);
    return transaction.insert(target, row);
  }

  update(table: number, index: number, row: Uint8Array): Uint8Array {
    const transaction = this.#writing();
    const target = this.#datastore.table(table);
    const entry = this.#datastore.index(index);
    if (entry.table !== target) throw new HostError(errno.noSuchIndex, `the index is not one of table ${target.name}`);
    this.#host.checkRow(target, row);
    return transaction.update(target, entry.index, row);
  }

  deleteRows(table: number, rows: Uint8Array): number {
    const transaction = this.#writing();
    const target = this.#datastore.table(table);
    const stored = decoding(() => target.layout.readList(rows)).map((row) => target.same(row));
    return deleteAll(transaction, target, new Set(stored.filter((row) => row !== undefined)));
  }

  deletePoint(index: number, point: Uint8Array): number {
    return this.#deleteFound(index, (entry) => entry.index.at(entry.index.pointKey(point)));
  }

  deleteRange(index: number, range: EncodedRange): number {
    return this.#deleteFound(index, (entry) => entry.index.within(entry.index.range(range)));
  }

  clear(table: number): number {
    const transaction = this.#writing();
    return transaction.clear(this.#datastore.table(table));
  }

  tokenPayload(connectionId: ConnectionId): Uint8Array | undefined {
    this.#reading();
    return this.#host.tokenPayload(connectionId);
  }

  startTransaction(): bigint {
    const running = this.#current();
    if (running.kind !== 'procedure' || running.transaction !== undefined) {
      throw new HostError(errno.wouldBlockTransaction, 'a transaction is open already');
    }
    running.transaction = this.#host.begin();
    return this.nowMicros();
  }

  commitTransaction(): void {
    const { transaction, name } = this.#endTransaction();
    this.#host.commit(transaction, name);
  }

  abortTransaction(): void {
    this.#host.rollback(this.#endTransaction().transaction);
  }

  sleep(untilMicros: bigint): Promise<bigint> {
    const running = this.#current();
    if (running.kind !== 'procedure')
      throw new Error(`the ${running.kind} ${running.name} called procedure_sleep_until`);
    if (running.transaction !== undefined) throw new Error(`procedure ${running.name} sleeps in a transaction`);
    return new Promise((resolve) => {
      const timer = this.#environment.clock.setTimer(untilMicros, () => {
        this.#sleeping.delete(timer);
        resolve(this.nowMicros());
      });
      this.#sleeping.add(timer);
    });
  }

  /** The database is closed: who sleeps or waits for an answer waits for ever, and keeps no process alive. */
  close(): void {
    for (const timer of this.#sleeping) timer.cancel();
    this.#sleeping.clear();
    this.#closed.abort();
  }

  httpRequest(request: Uint8Array, body: Uint8Array): Promise<HttpOutcome> {
    const running = this.#current();
    if (running.kind !== 'procedure' || running.transaction !== undefined) {
      throw new HostError(
        errno.wouldBlockTransaction,
        `${running.kind} ${running.name} makes an HTTP request in a transaction`,
      );
    }
    return makeHttpRequest(readRequest(request), body, this.#closed.signal);
  }

  scheduleNow(reducer: string, args: Uint8Array): void {
    this.#host.scheduleNow(reducer, args);
  }

  log(line: LogLine): void {
    const running = this.#running.at(-1);
    if (line.level === 'panic' && running !== undefined) running.panic = line;
    this.#environment.log({ ...line, timestamp: this.nowMicros(), functionName: running?.name });
  }

  logMistake(level: 'warn' | 'error', mistake: string, place: ModuleTrapDetails['place']): void {
    const running = this.#running.at(-1);
    const who = running === undefined ? 'the module' : `${running.kind} ${running.name}`;
    const { filename, lineNumber } = place ?? { filename: serverTarget, lineNumber: undefined };
    this.log({ level, target: serverTarget, filename, lineNumber, message: `${who} ${mistake}` });
  }

  nowMicros(): bigint {
    return this.#environment.clock.nowMicros();
  }

  random(size: number): Uint8Array {
    return this.#environment.random(size);
  }

  #current(): Running {
    const running = this.#running.at(-1);
    if (running === undefined) throw new HostError(errno.notInTransaction, notRunning);
    return running;
  }

  #reading(): Running {
    const running = this.#current();
    if (running.kind === 'procedure' && running.transaction === undefined) {
      throw new HostError(errno.notInTransaction, `procedure ${running.name} has no open transaction`);
    }
    return running;
  }

  #writing(): Transaction {
    const running = this.#reading();
    if (running.kind === 'view') throw new HostError(errno.transactionIsReadOnly, `view ${running.name} cannot write`);
    if (running.transaction === undefined) throw new HostError(errno.notInTransaction, 'no transaction is open');
    return running.transaction;
  }

  #readTable(table: number): Table {
    const running = this.#reading();
    const target = this.#datastore.table(table);
    if (running.kind === 'view') running.reads.addTable(target);
    return target;
  }

  #deleteFound(index: number, find: (entry: IndexEntry) => readonly Row[]): number {
    const transaction = this.#writing();
    const entry = this.#datastore.index(index);
    return deleteAll(transaction, entry.table, new Set(find(entry)));
  }

  #endTransaction(): { readonly transaction: Transaction; readonly name: string } {
    const running = this.#current();
    if (running.kind !== 'procedure' || running.transaction === undefined) {
      throw new HostError(errno.transactionNotAnonymous, 'no transaction of a procedure is open');
    }
    const { transaction, name } = running;
    running.transaction = undefined;
    return { transaction, name };
  }
}

function readRequest(bytes: Uint8Array): ReturnType<typeof readHttpRequest> {
  try {
    return readHttpRequest(bytes);
  } catch (error) {
    throw new HostError(errno.bsatnDecodeError, messageOf(error));
  }
}

function deleteAll(transaction: Transaction, table: Table, rows: ReadonlySet<Row>): number {
  for (const row of rows) transaction.delete(table, row);
  return rows.size;
}
