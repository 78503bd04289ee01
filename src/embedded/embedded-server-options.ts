import { type ProtocolVersion } from '../wire/version.ts';
import { type Clock } from './clock.ts';
import { type LogRecord } from './log-record.ts';

/** What an `EmbeddedServer` is started with. */
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
  /**
   * What the key of tokens is made from, so that a server started again with the same secret takes the tokens of the one before. Identities and connection ids
   * stay random. By default the key is that of `seed`, else another one in every run; what `dataDir` keeps goes first.
   */
  readonly tokenSecret?: string;
  /**
   * The folder to keep databases in, each in a folder of its name: rows, sequences, schedules and the key of tokens outlive the server. Nothing is kept without it.
   * One server at a time may use the folder of a database.
   */
  readonly dataDir?: string;
  /**
   * Whether each commit is on the disk before anybody hears of it. Otherwise commits are brought there together within milliseconds, and clients that ask for
   * confirmed reads, as they do by default, hear of them then. Either way nothing is lost when only the process dies. `false` by default.
   */
  readonly durable?: boolean;
  /** Keeps what clients and server send for `server.frames`. */
  readonly recordFrames?: boolean;
  /** The protocol versions to speak, the one that is liked best first: `v3` and `v2` by default. */
  readonly protocols?: readonly ProtocolVersion[];
  /**
   * After how many milliseconds inside one function of the module a line on standard error names it: nothing else runs in this process meanwhile, not even the time-outs of a
   * test runner, so that a loop without end would hang without a word. 5,000 by default; 0: never.
   */
  readonly slowCallMs?: number;
  /** Called with each line of the module's log. Without it errors and panics, and what the server itself has to say, go to standard error. */
  readonly log?: (record: LogRecord) => void;
}
