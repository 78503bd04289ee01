import { vi } from 'vitest';
import { deferred } from '../../src/deferred.ts';
import { officialModule } from './bindings.ts';
import { observeSocket, type SocketObserver } from './observed-web-socket.ts';
import {
  type OfficialConnection,
  type OfficialIdentity,
  type OfficialQueries,
  type OfficialSubscription,
  sdk,
} from './official-sdk.ts';
import { type TableName } from './shared-types.ts';

/** How the package connects. */
export interface OfficialOptions {
  /** The token; without it the connection is anonymous. */
  readonly token?: string | undefined;
  readonly compression?: 'gzip' | 'none';
  /** Called before the socket is open. */
  readonly atOnce?: (connection: OfficialConnection) => void;
}

/** A connection of the package `spacetimedb`, with promises where it calls back. */
export interface OfficialClient {
  readonly connection: OfficialConnection;
  readonly identity: OfficialIdentity;
  readonly token: string;
  readonly socket: SocketObserver;
  /** Fulfilled when the set is applied, rejects with the server's error. */
  subscribe(queries: OfficialQueries): Promise<OfficialSubscription>;
  /** Fulfilled with the rows of the set gone. */
  unsubscribe(subscription: OfficialSubscription): Promise<void>;
  rows(table: TableName): readonly object[];
  /** Fulfilled when the connection has ended, whoever ended it. */
  readonly disconnected: Promise<void>;
  /** Fulfilled when the socket is closed; does nothing where it is already. */
  close(): Promise<void>;
}

/**
 * Connects the package to the database of the reference module. In Node it takes a global `WebSocket`, which Node 20 has not, or else one of the
 * package `undici`: while it opens its socket, the global one is that of `ws`.
 */
export async function connectOfficial(
  server: { readonly url: string; readonly database: string },
  { token, compression = 'none', atOnce }: OfficialOptions = {},
): Promise<OfficialClient> {
  const socket = observeSocket();
  const disconnected = deferred<void>();
  vi.stubGlobal('WebSocket', socket.WebSocket);
  try {
    return await new Promise<OfficialClient>((resolve, reject) => {
      const unopened = new sdk.DbConnectionBuilder(officialModule, (config) => new sdk.DbConnectionImpl(config))
        .withUri(server.url)
        .withDatabaseName(server.database)
        .withToken(token)
        .withCompression(compression)
        .onConnect((connection, identity, ownToken) =>
          resolve(clientOf({ connection, identity, token: ownToken, socket }, disconnected.promise)),
        )
        .onConnectError((_context, error) => reject(error))
        .onDisconnect(() => disconnected.resolve())
        .build();
      atOnce?.(unopened);
    });
  } finally {
    vi.unstubAllGlobals();
  }
}

function clientOf(
  parts: Pick<OfficialClient, 'connection' | 'identity' | 'token' | 'socket'>,
  disconnected: Promise<void>,
): OfficialClient {
  const { connection } = parts;
  return {
    ...parts,
    disconnected,
    subscribe: (queries) =>
      new Promise((resolve, reject) => {
        const subscription = connection
          .subscriptionBuilder()
          .onApplied(() => resolve(subscription))
          .onError(({ event }) => reject(event))
          .subscribe(queries);
      }),
    unsubscribe: (subscription) => new Promise((resolve) => subscription.unsubscribeThen(resolve)),
    rows: (table) => [...connection.db[table].iter()],
    close: async () => {
      connection.disconnect();
      await disconnected;
    },
  };
}
