import { randomBytes } from 'node:crypto';
import { type Identity } from '../bsatn/special/identity.ts';
import { ConnectionError } from '../errors.ts';
import { type ProtocolVersion } from '../wire/version.ts';
import { type Clock, systemClock } from './clock.ts';
import { type DatabaseImage } from './database-image.ts';
import { type Caller, newCaller } from './fronts/credentials.ts';
import { isDatabaseName } from './fronts/database-name.ts';
import { HttpFront } from './fronts/http-front.ts';
import {
  connectInMemory,
  type MemoryHandlers,
  type MemoryRequest,
  type MemorySocket,
} from './fronts/memory-transport.ts';
import { Host } from './host.ts';
import { identityFromClaims } from './identity.ts';
import { type CallList, embeddedCaller, type EmbeddedCaller } from './kit/embedded-caller.ts';
import { type FaultNetwork, faultNetwork, type FaultNetworkOptions } from './kit/fault-network.ts';
import { FrameLog } from './kit/frame-log.ts';
import { type RecordedFrame } from './kit/recorded-frame.ts';
import { seededBytes } from './kit/seeded-random.ts';
import { type LoadedModule, loadModule } from './load-module.ts';
import { LogBook } from './log-book.ts';
import { type LogRecord } from './log-record.ts';
import { openDatabase } from './open-database.ts';
import { keyFromRandom } from './token-key.ts';
import { TokenAuthority } from './tokens.ts';

/** What an {@link EmbeddedServer} is started with. */
export interface EmbeddedServerOptions {
  /**
   * The path of a module: one that was compiled to wasm (Rust, C#, C++), the folder of a project in TypeScript, or the file in TypeScript or JavaScript
   * that it begins with. Or the bytes of a compiled one. TypeScript takes esbuild, and `spacetimedb` as the project has it.
   */
  readonly module: string | Uint8Array;
  /** The name of the database: lower-case letters and digits, with single hyphens between them. */
  readonly database: string;
  /** By default any port that is free. */
  readonly port?: number;
  /** Only this machine can reach the server. */
  readonly host?: '127.0.0.1';
  /** Where the time of calls, schedules and tokens comes from. That of the system by default; a `ManualClock` stands still until a test says otherwise. */
  readonly clock?: Clock;
  /** As many random bytes as it is asked for; those of `node:crypto` by default. */
  readonly random?: (size: number) => Uint8Array;
  /**
   * Makes identities, connection ids and the key of tokens the same in every run, so that a server started again with the same seed takes the tokens of the one
   * before. For tests: whoever knows the seed can make tokens.
   */
  readonly seed?: number;
  /** Keeps what clients and server send for {@link EmbeddedServer.frames}. */
  readonly recordFrames?: boolean;
  /** The protocol versions to speak, the one that is liked best first: `v3` and `v2` by default. */
  readonly protocols?: readonly ProtocolVersion[];
  /** Called with each line of the module's log. */
  readonly log?: (record: LogRecord) => void;
}

/** What a server has for good, over restarts. */
interface Parts {
  readonly options: EmbeddedServerOptions;
  readonly module: LoadedModule;
  readonly clock: Clock;
  readonly random: (size: number) => Uint8Array;
  readonly logs: LogBook;
  readonly tokens: TokenAuthority;
  readonly owner: Caller;
  /** Only with `recordFrames`. */
  readonly frames: FrameLog | undefined;
}

/**
 * A server that runs one module inside this process and speaks the real protocol over real sockets, with nothing to install.
 *
 * It is for development and for tests, not for production: it keeps everything in memory, knows no limits, and listens on the loopback interface only.
 * What it does not implement it refuses by name.
 */
export class EmbeddedServer implements AsyncDisposable {
  /** The port it listens at. */
  readonly port: number;
  /** The name of the database. */
  readonly database: string;
  readonly #parts: Parts;
  readonly #front: HttpFront;
  readonly #owner: EmbeddedCaller;
  #host: Host;
  #closed: Promise<void> | undefined;

  private constructor(parts: Parts, host: Host, front: HttpFront, port: number) {
    this.#parts = parts;
    this.#host = host;
    this.#front = front;
    this.#owner = embeddedCaller(() => this.#host.database, parts.owner.identity, parts.owner.token);
    this.port = port;
    this.database = host.name;
  }

  /**
   * Loads the module, runs its `init` reducer and begins to listen. A module that was loaded before in this process is not compiled again, so that a server for each test
   * costs a few milliseconds. Rejects with a `ModuleLoadError` of one line when the module cannot be run, with a
   * `ConnectionError` when the port cannot be had.
   */
  static async start(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
    if (!isDatabaseName(options.database)) {
      throw new RangeError(
        `not a name for a database: ${JSON.stringify(options.database)}; use lower-case letters and digits`,
      );
    }
    const parts = partsOf(options, await loadModule(options.module));
    const host = await openHost(parts);
    const front = new HttpFront(host);
    const port = await listen(front, host, options.port ?? 0, options.host ?? '127.0.0.1');
    return new EmbeddedServer(parts, host, front, port);
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
   * Calls a reducer as the owner. `args`: the BSATN of its parameters, or a list for JSON, one item for each parameter.
   * Throws a `ReducerError` when it does not commit.
   */
  call(reducer: string, args: CallList = []): void {
    this.#owner.call(reducer, args);
  }

  /** Calls a procedure as the owner; the result is what it returned. Rejects with a `ProcedureError` when it is not run to its end. */
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
   * are what they were, and those who were connected are disconnected to the module.
   */
  async restart(): Promise<void> {
    await this.#replace('drop', (database) => database.image());
  }

  /** Forgets all rows and begins anew, `init` and all: a fresh database for the next test, at the same port. Connections are closed; tokens stay good. */
  async reset(): Promise<void> {
    await this.#replace('close', () => undefined);
  }

  /** Ends all connections and stops the server. Nothing is kept. */
  async close(): Promise<void> {
    this.#closed ??= this.#close();
    await this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #replace(
    how: 'close' | 'drop',
    keep: (database: Host['database']) => DatabaseImage | undefined,
  ): Promise<void> {
    if (this.#closed !== undefined) throw new ConnectionError(`the embedded server at ${this.host} is closed`);
    const image = keep(this.#host.database);
    this.#host.close(how);
    this.#host = await openHost(this.#parts, image);
    this.#front.serve(this.#host);
  }

  async #close(): Promise<void> {
    this.#host.close();
    await this.#front.close();
  }
}

function partsOf(options: EmbeddedServerOptions, module: LoadedModule): Parts {
  const { clock = systemClock(), seed } = options;
  const random = options.random ?? (seed === undefined ? randomBytes : seededBytes(seed));
  const key = seed === undefined ? undefined : keyFromRandom(random);
  const tokens = new TokenAuthority({ nowMicros: () => clock.nowMicros(), random, ...(key && { key }) });
  const logs = new LogBook();
  const frames = options.recordFrames === true ? new FrameLog(clock) : undefined;
  return { options, module, clock, random, logs, tokens, owner: newCaller(tokens), frames };
}

/** Opens the database: a new one, or one that goes on where `image` ends. */
async function openHost(parts: Parts, image?: DatabaseImage): Promise<Host> {
  const { options, module, clock, random, logs, tokens, owner, frames } = parts;
  const database = await openDatabase({
    module: module.host,
    name: options.database,
    identity: identityFromClaims('embedded', options.database),
    owner: owner.identity,
    clock,
    random,
    log: (record) => {
      logs.add(record);
      options.log?.(record);
    },
    image,
  });
  const protocols = options.protocols ?? ['v3', 'v2'];
  return new Host({ database, tokens, logs, clock, random, protocols, program: module.program, frames });
}

async function listen(front: HttpFront, host: Host, port: number, address: string): Promise<number> {
  try {
    return await front.listen(port, address);
  } catch (cause) {
    host.close();
    const text = cause instanceof Error ? cause.message : String(cause);
    throw new ConnectionError(`the embedded server cannot listen at ${address}:${port}: ${text}`, { cause });
  }
}
