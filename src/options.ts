import { type OutboundBatching } from './connection/outbox.ts';
import { type TokenSource } from './connection/authenticator.ts';
import { type AuthTokenStore } from './connection/token-store.ts';
import { type RetryPolicy } from './connection/backoff.ts';
import { type IdSource } from './ids.ts';
import { checkedMillis } from './millis.ts';
import { withDefaults } from './option-names.ts';
import { type Clock } from './platform/clock.ts';
import { type SocketConnector } from './platform/socket.ts';
import { type OfflineStorage } from './offline/offline-storage.ts';
import { type OfflineQueuePolicy } from './sync/queue-policy.ts';
import { type Compression } from './wire/compression.ts';

/** Bounds that no honest use meets. Whole numbers above 0, or `Infinity`. */
export interface ClientLimits {
  /** The longest frame of the server, and how much may wait for the inflate of an earlier one, in bytes. Default 256 MiB. */
  readonly maxInboundFrameBytes: number;
  /** The longest payload of the server after inflating, in bytes. Default 256 MiB. */
  readonly maxInflatedBytes: number;
  /** The most rows in one message of the server. Default 16,000,000: not many more fit a `Map`. */
  readonly maxRowsPerMessage: number;
  /** The longest frame of several messages to the server, in bytes; a larger message goes alone. Default 256 KiB. */
  readonly maxOutboundFrameBytes: number;
  /** The most calls and one-off queries without an answer. Default 10,000. */
  readonly maxPendingCalls: number;
  /** The most bytes that wait for the network before calls are refused. Default 64 MiB. */
  readonly maxBufferedBytes: number;
}

/** How a client connects, and what it works with. An option that is not among these is refused with a `TypeError`. */
export interface ClientOptions {
  /** Host and port of the server, such as `localhost:3000`. */
  readonly host: string;
  /** Name or identity of the database. */
  readonly database: string;
  /** Whether to use TLS. Default: yes, except on `localhost` and loopback addresses. */
  readonly ssl?: boolean | undefined;
  /** Where the token lives between runs; by default in memory. */
  readonly authStorage?: AuthTokenStore | undefined;
  /**
   * Where rows and calls outlive the connection and the program. With it, the rows of the last run are there before the first connection, calls without a
   * connection wait for one, and a first connection that fails is tried again like a lost one. One client per store.
   */
  readonly offlineStorage?: OfflineStorage | undefined;
  /** How calls wait in the offline queue. Default: all of them, in order, without bounds. */
  readonly queuePolicy?: OfflineQueuePolicy | undefined;
  /** The token, or a function that is asked for one at every attempt. Without it the first connection is anonymous, and its token is kept. */
  readonly token?: TokenSource | undefined;
  /**
   * How the server may compress what is longer than 1,024 bytes. Default `gzip`. In browsers `brotli` loads a decoder with the first such message, some 200 kB of
   * WebAssembly: Vite takes its file along; with esbuild, copy `brotli_dec_wasm_bg.wasm` of the package `brotli-dec-wasm` to where the scripts are, and let a content
   * security policy have `'wasm-unsafe-eval'`. React Native cannot run it.
   */
  readonly compression?: Compression | undefined;
  /** Whether the server shall send only what is durable. Default: the server's own, which is yes. */
  readonly confirmedReads?: boolean | undefined;
  /** Whether a first connection that fails is tried again like a lost one. Default no: `connect` rejects; with an `offlineStorage` yes. */
  readonly retryInitialConnect?: boolean | undefined;
  /** How a lost connection is tried again. Default: full jitter from 1 s up to 30 s, without end. */
  readonly retry?:
    | { readonly [Name in Exclude<keyof RetryPolicy, 'retryInitialConnect'>]?: RetryPolicy[Name] | undefined }
    | undefined;
  /**
   * From the start of an attempt, which may be asking for a token, to the first message of the server, and to the end of `saveToken` where that brought a new
   * token, in milliseconds. Default 10,000.
   */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * How long a subscription may take from when it was sent to its first rows, in milliseconds. Default 120,000; `Infinity` waits for ever. After that
   * `applied` rejects; the query set stays wanted, and its rows come in when they come.
   */
  readonly subscribeTimeoutMs?: number | undefined;
  /**
   * How long a call or a one-off query waits for its answer, in milliseconds. Default 30,000; `Infinity` waits for ever. The time of calls that are made in one
   * turn may run from the first of them on: in a turn that blocks for so long, those that are made late in it are late with that one.
   */
  readonly callTimeoutMs?: number | undefined;
  /** After how much silence of the server it is asked for a sign of life, in milliseconds. Default 30,000. */
  readonly idleProbeMs?: number | undefined;
  /** How long that sign may take, in milliseconds. Default 10,000. */
  readonly probeTimeoutMs?: number | undefined;
  /**
   * When the server's schema is compared with the one the code was generated from: at every connection, or only when a row does not fit, or the server could not
   * read a call or gives up a query set that it had accepted. Default `onError`. It is asked for by HTTP, once. What differs is told to `onError` by name; query sets that return rows of a table whose rows
   * cannot be read are given up.
   */
  readonly checkSchema?: 'connect' | 'onError' | undefined;
  /** Bounds on what a server or an app can make the client hold. */
  readonly limits?: { readonly [Name in keyof ClientLimits]?: ClientLimits[Name] | undefined } | undefined;
  /** Whether messages of one microtask share frames. Default `opportunistic`. */
  readonly outboundBatching?: OutboundBatching | undefined;
  /** Runs every commit of the store, for libraries with a batch of their own. */
  readonly wrapCommit?: ((run: () => void) => void) | undefined;
  /** Replaces the system's time. */
  readonly clock?: Clock | undefined;
  /** Replaces the platform's sockets. */
  readonly webSocket?: SocketConnector | undefined;
  /** Replaces the platform's HTTP. */
  readonly fetch?: typeof fetch | undefined;
  /** Replaces the counters of request and query set ids. */
  readonly ids?: IdSource | undefined;
  /** Replaces `Math.random` in the jitter of the backoff. */
  readonly random?: (() => number) | undefined;
}

const defaultLimits: ClientLimits = {
  maxInboundFrameBytes: 256 * 1024 * 1024,
  maxInflatedBytes: 256 * 1024 * 1024,
  maxRowsPerMessage: 16_000_000,
  maxOutboundFrameBytes: 256 * 1024,
  maxPendingCalls: 10_000,
  maxBufferedBytes: 64 * 1024 * 1024,
};

/** The limits in force. Throws a `RangeError` for one that bounds nothing, and a `TypeError` for one that there is not. */
export function limitsOf(given: ClientOptions['limits']): ClientLimits {
  const limits = withDefaults('limits', given, defaultLimits);
  for (const [name, value] of Object.entries(limits)) {
    if (value === Infinity || (Number.isInteger(value) && value > 0)) continue;
    throw new RangeError(`limits.${name} is ${value}; it takes a whole number above 0, or Infinity`);
  }
  return limits;
}

/** Throws a `RangeError` for an option in milliseconds, as their names say, that is no length of time. */
export function checkTimes(options: object): void {
  for (const [name, value] of Object.entries<unknown>({ ...options })) {
    if (name.endsWith('Ms') && value !== undefined) checkedMillis(name, value);
  }
}

/** Whether `host` is this machine, where nobody has a certificate. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?(?:\/|$)/.test(host);
}
