import { BsatnReader } from '../../src/bsatn/reader.ts';
import { encode } from '../../src/bsatn/codec.ts';
import { type ClientOptions } from '../../src/options.ts';
import { type Socket, type SocketConnector, type SocketHandlers } from '../../src/platform/socket.ts';
import { type ClientMessage, readClientMessage } from '../../src/wire/client-message.ts';
import { subprotocols } from '../../src/wire/version.ts';
import { initialConnection } from '../../test/support/fake-connector.ts';
import { SpacetimeDbClient } from './generated/index.ts';
import { frameOf, loadMessage } from './player.ts';
import { serverMessageCodec } from '../../test/support/message-codecs.ts';

/** A client of this package whose server is the bench. */
export interface OurClient {
  readonly client: SpacetimeDbClient;
  /** The query set that `subscribe` made. */
  readonly querySetId: number;
  /** Makes one more query set for the same rows, and answers it. */
  readonly subscribeAgain: (rows: number) => Promise<number>;
  /** A binary frame arrives, as the platform's socket hands it over. */
  readonly deliver: (frame: Uint8Array) => void;
}

/** Lets every promise that can settle do so. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Connects, and subscribes to all players; the answer is still to come. */
export async function subscribeOurs(
  options: Partial<ClientOptions> = {},
): Promise<OurClient & { readonly requestId: number }> {
  const connector = new BenchConnector();
  const address = { host: 'localhost', database: 'bench' };
  const client = await SpacetimeDbClient.create({ ...address, webSocket: connector, ...options });
  client.onError((error) => {
    throw error;
  });
  const connecting = client.connect();
  await settled();
  connector.deliver(frameOf(encode(serverMessageCodec, initialConnection())));
  await connecting;
  client.subscriptions.subscribe('SELECT * FROM player');
  await settled();
  const { requestId, querySetId } = connector.lastSubscribe();
  const deliver = (frame: Uint8Array): void => connector.deliver(frame);
  const subscribeAgain = async (rows: number): Promise<number> => {
    client.subscriptions.subscribe('SELECT * FROM player WHERE hp >= 0');
    await settled();
    const again = connector.lastSubscribe();
    deliver(frameOf(loadMessage(again.requestId, again.querySetId, rows)));
    await settled();
    return again.querySetId;
  };
  return { client, requestId, querySetId, subscribeAgain, deliver };
}

/** A client with `rows` players. */
export async function loadOurs(rows: number, options: Partial<ClientOptions> = {}): Promise<OurClient> {
  const { requestId, ...ours } = await subscribeOurs(options);
  ours.deliver(frameOf(loadMessage(requestId, ours.querySetId, rows)));
  if (ours.client.player.count() !== rows) throw new Error(`${ours.client.player.count()} of ${rows} rows were loaded`);
  await settled();
  return ours;
}

/** Opens one socket, and keeps of what is sent only the last frame. */
class BenchConnector implements SocketConnector {
  readonly sendsHeaders = true;
  #handlers: SocketHandlers | undefined;
  #last = new Uint8Array(0);

  connect(_request: unknown, handlers: SocketHandlers): Socket {
    this.#handlers = handlers;
    queueMicrotask(() => handlers.onOpen(subprotocols.v3));
    return {
      bufferedBytes: 0,
      send: (frame) => {
        this.#last = frame;
      },
      close: () => undefined,
    };
  }

  deliver(frame: Uint8Array): void {
    this.#handlers?.onFrame(frame);
  }

  lastSubscribe(): ClientMessage & { readonly tag: 'Subscribe' } {
    const message = readClientMessage(new BsatnReader(this.#last, 'a frame of the client'));
    if (message.tag !== 'Subscribe') throw new Error(`the client sent ${message.tag}`);
    return message;
  }
}
