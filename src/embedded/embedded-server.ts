import { randomBytes } from 'node:crypto';
import { ConnectionError, ReducerError } from '../errors.ts';
import { type ProtocolVersion } from '../wire/version.ts';
import { type Clock, systemClock } from './clock.ts';
import { newCaller } from './fronts/credentials.ts';
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
import { jsonOf } from './json-of.ts';
import { loadModule } from './load-module.ts';
import { LogBook } from './log-book.ts';
import { type LogRecord } from './log-record.ts';
import { openDatabase } from './open-database.ts';
import { rowObjects, runStatement } from './statement.ts';
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
  /** Where the time comes from: calls, schedules, tokens and pings follow it. That of the system by default. */
  readonly clock?: Clock;
  /** As many random bytes as it is asked for; those of `node:crypto` by default. */
  readonly random?: (size: number) => Uint8Array;
  /** The protocol versions to speak, the one that is liked best first: `v3` and `v2` by default. */
  readonly protocols?: readonly ProtocolVersion[];
  /** Called with each line of the module's log. */
  readonly log?: (record: LogRecord) => void;
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
  readonly #host: Host;
  readonly #ownerToken: string;
  readonly #front: HttpFront;
  #closed: Promise<void> | undefined;

  private constructor(host: Host, front: HttpFront, port: number, ownerToken: string) {
    this.#host = host;
    this.#front = front;
    this.port = port;
    this.database = host.name;
    this.#ownerToken = ownerToken;
  }

  /**
   * Loads the module, runs its `init` reducer and begins to listen. Rejects with a `ModuleLoadError` of one line when the module cannot be run, with a
   * `ConnectionError` when the port cannot be had.
   */
  static async start(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
    if (!isDatabaseName(options.database)) {
      throw new RangeError(
        `not a name for a database: ${JSON.stringify(options.database)}; use lower-case letters and digits`,
      );
    }
    const { clock = systemClock(), random = randomBytes } = options;
    const address = options.host ?? '127.0.0.1';
    const logs = new LogBook();
    const tokens = new TokenAuthority({ nowMicros: () => clock.nowMicros(), random });
    const owner = newCaller(tokens);
    const { program, host: moduleHost } = await loadModule(options.module);
    const database = await openDatabase({
      module: moduleHost,
      name: options.database,
      identity: identityFromClaims('embedded', options.database),
      owner: owner.identity,
      clock,
      random,
      log: (record) => {
        logs.add(record);
        options.log?.(record);
      },
    });
    const host = new Host({
      database,
      tokens,
      logs,
      clock,
      random,
      protocols: options.protocols ?? ['v3', 'v2'],
      program,
    });
    const front = new HttpFront(host);
    const port = await listen(front, host, options.port ?? 0, address);
    return new EmbeddedServer(host, front, port, owner.token);
  }

  /** The token of the owner of the database, which opens private tables, logs and changes by SQL. It does not expire. */
  get ownerToken(): string {
    return this.#ownerToken;
  }

  /** Where clients connect to, such as `http://127.0.0.1:3000`. */
  get url(): string {
    return `http://${this.host}`;
  }

  /** Address and port, such as `127.0.0.1:3000`. */
  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** A token that does not expire: of a new identity, or always of the same identity for the same `subject`. */
  issueToken(subject?: string): string {
    return this.#host.tokens.issue(subject);
  }

  /** Connects a client without a socket, through the same handshake, session and frames. */
  connectInMemory(request: MemoryRequest, handlers: MemoryHandlers): MemorySocket {
    return connectInMemory(this.#host, request, handlers);
  }

  /**
   * Calls a reducer as the owner. `args`: the BSATN of its parameters, or a list for JSON, one item for each parameter.
   * Throws a `ReducerError` when it does not commit.
   */
  call(reducer: string, args: Uint8Array | readonly unknown[] = []): void {
    const outcome = this.#host.database.callReducer({
      name: reducer,
      args: args instanceof Uint8Array ? args : jsonOf(args),
      identity: this.#host.owner,
      connectionId: undefined,
    });
    switch (outcome.tag) {
      case 'committed':
        return;
      case 'failed':
        throw new ReducerError(reducer, 'failed', `reducer ${reducer} failed: ${outcome.message}`, outcome.error);
      case 'internalError': {
        const bytes = new TextEncoder().encode(outcome.message);
        throw new ReducerError(reducer, 'internalError', `reducer ${reducer}: ${outcome.message}`, bytes);
      }
    }
  }

  /**
   * Runs one statement of SQL as the owner. The result is the rows of a query, their columns by name; a statement that changes something has none.
   * Values are as everywhere in this package (`bigint`, `Identity`, `{tag, value}`); columns and variants have the names of the schema.
   * Throws an `SqlError` for a statement that is wrong.
   */
  sql(statement: string): readonly Readonly<Record<string, unknown>>[] {
    return rowObjects(runStatement(this.#host.database, statement, this.#host.owner));
  }

  /** Ends all connections and stops the server. Nothing is kept. */
  async close(): Promise<void> {
    this.#closed ??= this.#close();
    await this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    this.#host.close();
    await this.#front.close();
  }
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
