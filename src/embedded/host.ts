import { toHex } from '../bsatn/bytes.ts';
import { ConnectionId } from '../bsatn/special/connection-id.ts';
import { type Identity } from '../bsatn/special/identity.ts';
import { messageOf, StorageError } from '../errors.ts';
import { type ProtocolVersion } from '../wire/version.ts';
import { type Clock } from './clock.ts';
import { ClientRefusedError, type Database } from './database.ts';
import { type Caller } from './fronts/credentials.ts';
import { type Agreement } from './fronts/handshake.ts';
import { keccak256 } from './hash/keccak256.ts';
import { type FrameLog } from './kit/frame-log.ts';
import { type LogBook } from './log-book.ts';
import { serverLine } from './log-record.ts';
import { Session } from './session/session.ts';
import { Subscriptions } from './session/subscriptions.ts';
import { type ClientTransport, closeCodes, type SessionInput } from './session/transport.ts';
import { claimsOf, type TokenAuthority } from './tokens.ts';

/** What a host is made of. */
export interface HostParts {
  readonly database: Database;
  readonly tokens: TokenAuthority;
  readonly logs: LogBook;
  readonly clock: Clock;
  readonly random: (size: number) => Uint8Array;
  /** The versions that are spoken, the one that is liked best first. */
  readonly protocols: readonly ProtocolVersion[];
  /** The module as it was loaded. */
  readonly program: Uint8Array;
  /** Keeps the frames of all connections. */
  readonly frames?: FrameLog | undefined;
}

/** Random ids of 128 bits are never in use: what is so often is not random. */
const maxIdTries = 1000;

/** A database and all who use it: what the fronts share. */
export class Host {
  readonly tokens: TokenAuthority;
  readonly logs: LogBook;
  readonly clock: Clock;
  readonly protocols: readonly ProtocolVersion[];
  readonly subscriptions: Subscriptions;
  readonly #random: (size: number) => Uint8Array;
  #database: Database;
  #program: Uint8Array;
  readonly #sessions = new Map<bigint, { readonly session: Session; readonly transport: ClientTransport }>();
  readonly #frames: FrameLog | undefined;
  #programHash: string | undefined;
  #isClosed = false;

  constructor(parts: HostParts) {
    this.#database = parts.database;
    this.tokens = parts.tokens;
    this.logs = parts.logs;
    this.clock = parts.clock;
    this.protocols = parts.protocols;
    this.subscriptions = new Subscriptions(parts.database);
    this.#random = parts.random;
    this.#program = parts.program;
    this.#frames = parts.frames;
  }

  /** The present database; another one after a reload. */
  get database(): Database {
    return this.#database;
  }

  /** Whether it serves nobody any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** How many clients are connected. */
  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** Puts another database, which has taken over from the present one, in its place. Sockets stay open; query sets go over. */
  replaceDatabase(database: Database, program: Uint8Array): void {
    this.#database.close();
    this.#database = database;
    this.#program = program;
    this.#programHash = undefined;
    this.subscriptions.moveTo(database);
  }

  get name(): string {
    return this.database.name;
  }

  get identity(): Identity {
    return this.database.identity;
  }

  get owner(): Identity {
    return this.database.owner;
  }

  /** The hash of the module, most significant digit first. */
  get programHash(): string {
    this.#programHash ??= toHex(keccak256(this.#program).reverse());
    return this.#programHash;
  }

  /**
   * Begins the session of a client. `undefined`: the module refused the client, his connection id is in use, or the disk does not keep that he came; then the
   * connection was dropped without a word, as a server does.
   */
  openSession(
    { caller, version, compression, confirmed, connectionId }: Agreement,
    transport: ClientTransport,
  ): SessionInput | undefined {
    const id = this.#admit(caller, connectionId);
    if (id === undefined) {
      transport.drop();
      return undefined;
    }
    const database = (): Database => this.#database;
    const recorded = {
      identity: caller.identity,
      connectionId: id,
      version,
      get module() {
        return database().module;
      },
    };
    const session = new Session({
      identity: caller.identity,
      connectionId: id,
      version,
      token: caller.token,
      compression,
      confirmed,
      database,
      subscriptions: this.subscriptions,
      transport: this.#frames?.transport(recorded, transport) ?? transport,
      onEnd: () => {
        // Who is connected to a database that closes disconnects when it is opened again.
        if (this.#isClosed) return;
        this.#sessions.delete(id.value);
        this.#disconnect(caller, id);
      },
      onError: (error) => this.logError(error),
    });
    this.#sessions.set(id.value, { session, transport });
    return this.#frames?.input(recorded, session) ?? session;
  }

  /** Makes a caller known to the database. Throws a {@link ClientRefusedError} when the module does not want him. */
  connect({ identity, token }: Caller, id: ConnectionId): void {
    this.database.connect(identity, id, claimsOf(token));
  }

  /** A random id that no connection has. Throws an `Error` where the source of random bytes gives the same ones for ever. */
  newConnectionId(): ConnectionId {
    for (let tries = 0; tries < maxIdTries; tries++) {
      const id = ConnectionId.fromHexString(toHex(this.#random(16)));
      if (id.value !== 0n && !this.#sessions.has(id.value)) return id;
    }
    throw new Error(
      `there is no id for a new connection: ${maxIdTries} times the option random gave 16 bytes that are zero or in use`,
    );
  }

  /** Notes in the log what went wrong in the server itself, with its trace, or around it, such as on its disk. */
  logError(error: unknown): void {
    const isOwn = error instanceof Error && !(error instanceof StorageError);
    const message = isOwn ? (error.stack ?? error.message) : messageOf(error);
    this.logs.add(serverLine('error', this.clock.nowMicros(), message));
  }

  /** Ends all sessions, as a server does whose database goes away, or without a close frame, as one that falls over; and stops the database. */
  close(how: 'close' | 'drop' = 'close'): void {
    this.#isClosed = true;
    for (const { session, transport } of this.#sessions.values()) {
      session.finish();
      if (how === 'drop') transport.drop();
      else transport.close(closeCodes.goingAway, 'module exited');
    }
    this.#sessions.clear();
    this.database.close();
  }

  /** What goes wrong with who comes or leaves, such as with the disk that is to keep it, is nothing that a socket could throw. */
  #admit(caller: Caller, wanted: ConnectionId | undefined): ConnectionId | undefined {
    try {
      const id = wanted ?? this.newConnectionId();
      if (this.#isClosed || this.#sessions.has(id.value)) return undefined;
      this.connect(caller, id);
      return id;
    } catch (error) {
      if (!(error instanceof ClientRefusedError)) this.logError(error);
      return undefined;
    }
  }

  #disconnect({ identity }: Caller, id: ConnectionId): void {
    try {
      this.database.disconnect(identity, id);
    } catch (error) {
      this.logError(error);
    }
  }
}
