import { fileURLToPath } from 'node:url';
import { EmbeddedServer } from '../../src/embedded/index.ts';
import { type ClientOptions } from '../../src/options.ts';
import { type ProtocolVersion } from '../../src/wire/version.ts';
import { SpacetimeDbClient } from '../generated/reference/index.ts';
import { patienceMs } from './patience.ts';

const wasm = fileURLToPath(new URL('../reference-module/reference-module.wasm', import.meta.url));

/** An embedded server with the reference module, and the clients that a test connects to it. */
export interface LiveServer extends AsyncDisposable {
  readonly server: EmbeddedServer;
  /** A client that is not connected. Errors without a caller fail nothing by themselves: look at `errors`. */
  create(options?: Partial<ClientOptions>): Promise<SpacetimeDbClient>;
  /** A client that is connected and subscribed to `queries`. */
  connect(queries: readonly string[], options?: Partial<ClientOptions>): Promise<SpacetimeDbClient>;
  /** Disposes of all clients so far. */
  disposeClients(): Promise<void>;
  /** What the clients reported to `onError`. */
  readonly errors: unknown[];
}

/** Starts a server that speaks `protocol` and runs the reference module in some language; disposing of it disposes of its clients too. */
export async function startLiveServer(protocol: ProtocolVersion = 'v3', module: string = wasm): Promise<LiveServer> {
  const protocols: readonly ProtocolVersion[] = protocol === 'v2' ? ['v2'] : ['v3', 'v2'];
  const server = await EmbeddedServer.start({ module, database: 'live', protocols });
  const clients: SpacetimeDbClient[] = [];
  const errors: unknown[] = [];
  const create = async (options: Partial<ClientOptions> = {}): Promise<SpacetimeDbClient> => {
    const client = await SpacetimeDbClient.create({ host: server.host, database: 'live', ...options });
    client.onError((error) => errors.push(error));
    clients.push(client);
    return client;
  };
  const disposeClients = async (): Promise<void> => {
    for (const client of clients.splice(0)) await client.dispose();
  };
  return {
    server,
    errors,
    disposeClients,
    create,
    connect: async (queries, options) => {
      const client = await create(options);
      await client.connect({ initialSubscriptions: queries });
      return client;
    },
    async [Symbol.asyncDispose]() {
      await disposeClients();
      await server.close();
    },
  };
}

/** Fulfilled once `condition` holds; rejects after {@link patienceMs} with what it was waiting for. */
export async function eventually(what: string, condition: () => boolean): Promise<void> {
  const end = Date.now() + patienceMs;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited ${patienceMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
