import { type Identity } from '../bsatn/special/identity.ts';
import { ConnectionError, hasCode, messageOf } from '../errors.ts';
import { type Clock } from './clock.ts';
import { type EmbeddedServerOptions } from './embedded-server-options.ts';
import { checkOptions } from './check-options.ts';
import { newCaller } from './fronts/credentials.ts';
import { HttpFront } from './fronts/http-front.ts';
import {
  connectInMemory,
  type MemoryHandlers,
  type MemoryRequest,
  type MemorySocket,
} from './fronts/memory-transport.ts';
import { type Host } from './host.ts';
import { type CallList, embeddedCaller, type EmbeddedCaller } from './kit/embedded-caller.ts';
import { type FaultNetwork, faultNetwork, type FaultNetworkOptions } from './kit/fault-network.ts';
import { type RecordedFrame } from './kit/recorded-frame.ts';
import { loadModule } from './load-module.ts';
import { loadDatabase, openDatabase, orClosed } from './open-database.ts';
import { sayWhatIsGrave } from './say-what-is-grave.ts';
import { takeOver } from './reload/take-over.ts';
import { databaseOptions, hostOf, openHost, openLog, partsOf, type ServerParts } from './server-parts.ts';
import { watchdog } from './watchdog/watchdog.ts';

/** What a reload came to. */
export interface ReloadResult {
  /** What is different about the tables, one line each, such as `table tag is new`. */
  readonly changes: readonly string[];
}

/**
 * A server that runs one module inside this process and speaks the real protocol over real sockets, with nothing to install.
 *
 * It is for development and for tests, not for production: it holds everything in memory, whether it keeps it on disk too or not, counts no energy, and listens
 * on the loopback interface only. Messages, bodies, statements and queues have the limits of a real one.
 * What it does not implement it refuses by name.
 */
export class EmbeddedServer implements AsyncDisposable {
  /** The port it listens at. */
  readonly port: number;
  /** The name of the database. */
  readonly database: string;
  readonly #parts: ServerParts;
  readonly #front: HttpFront;
  readonly #owner: EmbeddedCaller;
  #host: Host;
  /** Settles when nothing takes the place of the host or its database. */
  #changes: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;

  private constructor(parts: ServerParts, host: Host, front: HttpFront, port: number) {
    this.#parts = parts;
    this.#host = host;
    this.#front = front;
    this.#owner = embeddedCaller(() => this.#host.database, parts.owner.identity, parts.owner.token);
    this.port = port;
    this.database = host.name;
  }

  /**
   * Loads the module, runs its `init` reducer and begins to listen. A module that was loaded before in this process is not compiled again, so that a server for each test
   * costs a few milliseconds. Rejects with a `ModuleLoadError` when the module cannot be run or its `init` fails, with a
   * `ConnectionError` when the port cannot be had, with a `StorageError` when `dataDir` cannot be used, with a {@link MigrationError} when the rows that were kept
   * there do not fit the module, with a `RangeError` for an option that is none, with a `TypeError` for one that there is not.
   */
  static async start(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
    checkOptions(options);
    const parts = await partsOf(options, await loadModule(options.module));
    // Before `init` runs, which may not end either.
    watchdog.open();
    try {
      const host = await openHost(parts);
      const front = new HttpFront(host);
      const port = await listen(front, host, options.port ?? 0, options.host ?? '127.0.0.1');
      // Until here the error says it all.
      if (options.log === undefined) parts.logs.listen(sayWhatIsGrave);
      return new EmbeddedServer(parts, host, front, port);
    } catch (error) {
      watchdog.close();
      await parts.folder?.close();
      throw error;
    }
  }

  /** The token of the owner of the database, which opens private tables, logs and changes by SQL. It does not expire. */
  get ownerToken(): string {
    return this.#parts.owner.token;
  }

  /** Where clients connect to, such as `http://127.0.0.1:3000`. */
  get url(): string {
    return `http://${this.host}`;
  }

  /** Address and port, such as `127.0.0.1:3000`. */
  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** What the time of calls, schedules and tokens comes from: `server.clock.advance(60_000)` has all schedules of the next minute run now. */
  get clock(): Clock {
    return this.#parts.clock;
  }

  /**
   * What clients and server have sent, the oldest first; of very many frames the last 10,000 or more. Each is decoded when it is looked at, and prints itself in
   * one line. Throws a `RangeError` when the server was started without `recordFrames`.
   */
  get frames(): readonly RecordedFrame[] {
    const { frames } = this.#parts;
    if (frames === undefined) throw new RangeError('frames are kept only by a server started with recordFrames: true');
    return frames.frames;
  }

  /** A token that does not expire: of a new identity, or always of the same identity for the same `subject`. */
  issueToken(subject?: string): string {
    return this.#parts.tokens.issue(subject);
  }

  /**
   * Somebody to call and ask as, without a connection: `server.as('ann').call('say', [3, 'hello'])`. The same name is always the same identity, that of
   * `issueToken(name)`; an identity is somebody who is known already, such as a client of the test.
   */
  as(who: string | Identity): EmbeddedCaller {
    const database = (): Host['database'] => this.#host.database;
    if (typeof who !== 'string') return embeddedCaller(database, who, undefined);
    const { identity, token } = newCaller(this.#parts.tokens, who);
    return embeddedCaller(database, identity, token);
  }

  /** Connects a client without a socket, through the same handshake, session and frames. */
  connectInMemory(request: MemoryRequest, handlers: MemoryHandlers): MemorySocket {
    return connectInMemory(this.#host, request, handlers);
  }

  /** A network to this server that fails as its seed and its user want: give it to a client as its `webSocket`. */
  network(options: FaultNetworkOptions = {}): FaultNetwork {
    return faultNetwork((request, handlers) => this.connectInMemory(request, handlers), options);
  }

  /**
   * Calls a reducer as the owner, by its canonical name (`create_note`). `args`: the BSATN of its parameters, or a list for JSON, one item for each parameter.
   * Throws a `ReducerError` when it does not commit, a `TypeError` for arguments that are no list, a `ConnectionError` when the server is closed.
   */
  call(reducer: string, args: CallList = []): void {
    this.#owner.call(reducer, args);
  }

  /**
   * Calls a procedure as the owner, by its canonical name; the result is what it returned. Rejects with a `ProcedureError` when it is not run to its end, with a
   * `TypeError` for arguments that are no list.
   */
  async callProcedure(procedure: string, args: CallList = []): Promise<unknown> {
    return this.#owner.callProcedure(procedure, args);
  }

  /**
   * Runs one statement of SQL as the owner. The result is the rows of a query, their columns by name; a statement that changes something has none.
   * Values are as everywhere in this package (`bigint`, `Identity`, `{tag, value}`); columns and variants have the names of the schema.
   * Throws an `SqlError` for a statement that is wrong.
   */
  query(statement: string): readonly Readonly<Record<string, unknown>>[] {
    return this.#owner.query(statement);
  }

  /**
   * Falls over and comes back at the same port: connections break without a close frame, the module starts anew, its schedules go on. Rows, sequences and tokens
   * are what they were, and those who were connected are disconnected to the module. Calls that come meanwhile are refused (`ConnectionError`, over HTTP 503);
   * restarts, resets and reloads come one after the other. Rejects with a `StorageError` where the data cannot be kept or read, and with a `ConnectionError` when the
   * server is closed; after a failure the next restart may mend it.
   */
  async restart(): Promise<void> {
    return this.#inTurn(async () => {
      this.#refuseWhenClosed();
      this.#parts.folder?.requireWriter();
      this.#host.close('drop');
      const image = this.#parts.folder === undefined ? this.#host.database.image() : undefined;
      const host = await openHost(this.#parts, image);
      orClosed(host, () => this.#refuseWhenClosed());
      this.#serve(host);
    });
  }

  /**
   * Forgets all rows and begins anew, `init` and all: a fresh database for the next test, at the same port. Connections are closed; tokens stay good.
   * With another module (see {@link EmbeddedServerOptions.module}) that one runs from now on, whatever its tables are; it has to load, or nothing changes.
   */
  async reset(module?: string | Uint8Array): Promise<void> {
    return this.#inTurn(async () => this.#reset(module));
  }

  /**
   * Runs another module from the next transaction on, or the same one read anew from its files. Sockets stay open, and rows, sequences, schedules and query
   * sets go over: tables may be new, and may have got columns at their end that have a default, sums variants at theirs. `init` does not run. Clients are told
   * what views make of their rows now; a query set ends with an error when its table has other columns now, or is gone.
   *
   * Rejects with a {@link MigrationError} when rows do not fit and with a `ModuleLoadError` when the module cannot be run; the present one goes on then.
   * `reset` runs it without the rows. Rejects with a `ConnectionError` when the server is closed, or has not come back from a restart.
   */
  async reload(module: string | Uint8Array = this.#parts.module.source): Promise<ReloadResult> {
    return this.#inTurn(async () => this.#reload(module));
  }

  /** How many clients are connected now, and how many calls of reducers and procedures came so far, whoever made them. */
  get statistics(): { readonly connections: number; readonly calls: number } {
    return { connections: this.#host.sessionCount, calls: this.#host.database.callCount };
  }

  /** The files, in full, that the present module was read from; none when it came as bytes. */
  get moduleFiles(): readonly string[] {
    return this.#parts.module.files;
  }

  /**
   * Ends all connections and stops the server. Nothing is kept, but for what is in `dataDir`. Rejects with a `StorageError` where the last commits could not be
   * brought to the disk; the server is stopped all the same.
   */
  async close(): Promise<void> {
    this.#closed ??= this.#close();
    await this.#closed;
  }

  /** For `await using`: as `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #serve(host: Host): void {
    this.#host = host;
    this.#front.serve(host);
  }

  /** Restarts, resets and reloads come one after the other. */
  async #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const changed = this.#changes.then(change);
    // What goes wrong is for who asked, not for who comes next.
    this.#changes = changed.then(
      () => undefined,
      () => undefined,
    );
    return changed;
  }

  async #reset(module: string | Uint8Array | undefined): Promise<void> {
    const loaded = module === undefined ? this.#parts.module : await loadModule(module);
    const database = await openDatabase(databaseOptions({ ...this.#parts, module: loaded }));
    orClosed(database, () => {
      this.#refuseWhenClosed();
      this.#parts.folder?.requireWriter();
      this.#host.close();
      this.#parts.module = loaded;
      this.#parts.folder?.clear();
      const log = openLog(this.#parts)?.log;
      if (log !== undefined) database.keepIn(log);
      this.#serve(hostOf(this.#parts, database));
    });
  }

  async #reload(module: string | Uint8Array): Promise<ReloadResult> {
    const loaded = await loadModule(module);
    const database = await loadDatabase(databaseOptions({ ...this.#parts, module: loaded }));
    this.#refuseWhenClosed();
    if (this.#host.isClosed)
      throw new ConnectionError(`the embedded server at ${this.host} did not start anew; restart or reset it first`);
    // From here on nothing waits: no transaction comes between the old database and the new one.
    const changes = takeOver(database, this.#host.database);
    this.#host.replaceDatabase(database, loaded.program);
    this.#parts.module = loaded;
    return { changes };
  }

  #refuseWhenClosed(): void {
    if (this.#closed !== undefined) throw new ConnectionError(`the embedded server at ${this.host} is closed`);
  }

  async #close(): Promise<void> {
    watchdog.close();
    try {
      this.#host.close();
    } finally {
      // Also where the last commits could not be brought to the disk.
      await this.#front.close();
      await this.#parts.folder?.close();
    }
  }
}

async function listen(front: HttpFront, host: Host, port: number, address: string): Promise<number> {
  try {
    return await front.listen(port, address);
  } catch (cause) {
    host.close();
    const isTaken = hasCode(cause, 'EADDRINUSE');
    const text = isTaken ? 'the port is taken; leave it out to have any that is free' : messageOf(cause);
    throw new ConnectionError(`the embedded server cannot listen at ${address}:${port}: ${text}`, { cause });
  }
}
