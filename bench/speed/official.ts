/** The official client 2.10.1, fed through the socket that it lets its users bring (`withWSFn`), in types of our own. */
import { BsatnReader } from '../../src/bsatn/reader.ts';
import { encode } from '../../src/bsatn/codec.ts';
import { type ClientMessage, readClientMessage } from '../../src/wire/client-message.ts';
import { subprotocols } from '../../src/wire/version.ts';
import { sdk } from '../../test/official/official-sdk.ts';
import { initialConnection } from '../../test/support/fake-connector.ts';
import { settled } from './ours.ts';
import { loadMessage } from './player.ts';
import { serverMessageCodec } from '../../test/support/message-codecs.ts';

const { t } = sdk;

const { schemaType } = sdk.schema({
  player: sdk.table(
    { name: 'player' },
    {
      id: t.u32().primaryKey(),
      name: t.string(),
      x: t.f32(),
      y: t.f32(),
      z: t.f32(),
      hp: t.i32().index(),
      score: t.u64(),
      lastSeen: t.timestamp().name('last_seen'),
    },
  ),
});

const { reducersType } = sdk.reducers([
  sdk.reducerSchema('move_player', { id: t.u32(), x: t.f32(), y: t.f32(), z: t.f32() }),
]);

const officialModule = {
  ...schemaType,
  ...reducersType,
  ...sdk.procedures([]),
  versionInfo: { cliVersion: '2.10.1' },
};

/** A row in its cache. */
export interface OfficialPlayer {
  readonly id: number;
  readonly y: number;
  readonly hp: number;
}

/** The parts of a connection that the benches use. */
interface OfficialPlayers {
  readonly db: {
    readonly player: {
      readonly id: { find(id: number): OfficialPlayer | undefined };
      readonly hp: { filter(hp: number): Iterable<OfficialPlayer> };
      count(): bigint;
      iter(): IterableIterator<OfficialPlayer>;
      onUpdate(listener: (context: unknown, oldRow: OfficialPlayer, newRow: OfficialPlayer) => void): void;
    };
  };
  readonly reducers: { movePlayer(args: { id: number; x: number; y: number; z: number }): Promise<void> };
  subscriptionBuilder(): { onApplied(listener: () => void): { subscribe(queries: readonly string[]): void } };
}

/** A connection whose server is the bench. */
export interface OfficialClient {
  readonly connection: OfficialPlayers;
  readonly querySetId: number;
  /** Makes one more query set for the same rows, and answers it. */
  readonly subscribeAgain: (rows: number) => Promise<number>;
  /** A payload arrives, behind the decompression of the package: without the compression byte. */
  readonly deliver: (payload: Uint8Array) => void;
}

interface Builder {
  withUri(uri: string): Builder;
  withDatabaseName(name: string): Builder;
  withWSFn(open: () => Promise<BenchSocket>): Builder;
  build(): OfficialPlayers;
}

/** Connects, and subscribes to all players; the answer is still to come. */
export async function subscribeOfficial(): Promise<OfficialClient & { readonly requestId: number }> {
  sdk.setGlobalLogLevel('warn');
  const socket = new BenchSocket();
  // The declarations of the package resolve only under `moduleResolution: bundler`.
  const builder = new sdk.DbConnectionBuilder(officialModule, (config) => new sdk.DbConnectionImpl(config));
  const connection = (builder as unknown as Builder)
    .withUri('ws://localhost:3000')
    .withDatabaseName('bench')
    .withWSFn(() => Promise.resolve(socket))
    .build();
  await settled();
  socket.onopen?.();
  socket.deliver(encode(serverMessageCodec, initialConnection()));
  const subscribe = async (query: string): Promise<{ readonly requestId: number; readonly querySetId: number }> => {
    connection
      .subscriptionBuilder()
      .onApplied(() => undefined)
      .subscribe([query]);
    await settled();
    return socket.lastSubscribe();
  };
  const deliver = (payload: Uint8Array): void => socket.deliver(payload);
  const subscribeAgain = async (rows: number): Promise<number> => {
    const { requestId, querySetId } = await subscribe('SELECT * FROM player WHERE hp >= 0');
    deliver(loadMessage(requestId, querySetId, rows));
    await settled();
    return querySetId;
  };
  const { requestId, querySetId } = await subscribe('SELECT * FROM player');
  return { connection, requestId, querySetId, subscribeAgain, deliver };
}

/** A connection with `rows` players. */
export async function loadOfficial(rows: number): Promise<OfficialClient> {
  const { requestId, ...official } = await subscribeOfficial();
  official.deliver(loadMessage(requestId, official.querySetId, rows));
  const count = Number(official.connection.db.player.count());
  if (count !== rows) throw new Error(`the official client loaded ${count} of ${rows} rows`);
  await settled();
  return official;
}

class BenchSocket {
  readonly protocol = subprotocols.v3;
  readonly readyState = 1;
  onopen: (() => void) | undefined;
  onmessage: ((message: { readonly data: Uint8Array }) => void) | undefined;
  onclose: unknown;
  onerror: unknown;
  #last = new Uint8Array(0);

  send(frame: Uint8Array<ArrayBuffer>): void {
    this.#last = frame;
  }

  close(): void {}

  deliver(payload: Uint8Array): void {
    this.onmessage?.({ data: payload });
  }

  lastSubscribe(): ClientMessage & { readonly tag: 'Subscribe' } {
    const message = readClientMessage(new BsatnReader(this.#last, 'a frame of the official client'));
    if (message.tag !== 'Subscribe') throw new Error(`the official client sent ${message.tag}`);
    return message;
  }
}
