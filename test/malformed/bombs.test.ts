import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { describe, expect, test, vi } from 'vitest';
import { encode } from '../../src/bsatn/codec.ts';
import { Inbox } from '../../src/connection/inbox.ts';
import { ProtocolError } from '../../src/errors.ts';
import { inflate as inflateInNode } from '../../src/platform/node.ts';
import { type Inflate } from '../../src/platform/inflate.ts';
import { type ServerMessage } from '../../src/wire/server-message.ts';
import { SpacetimeDbClient } from '../generated/reference/index.ts';
import { FakeClock, settled } from '../support/fake-clock.ts';
import { FakeConnector } from '../support/fake-connector.ts';
import { serverMessageCodec } from '../support/message-codecs.ts';

/** What the browser's decoder would fetch is read from the disk here. */
vi.mock('brotli-dec-wasm', async () => {
  const decoder = await import('brotli-dec-wasm/web');
  decoder.initSync({ module: readFileSync(createRequire(import.meta.url).resolve('brotli-dec-wasm/web/bg.wasm')) });
  return { default: Promise.resolve(decoder) };
});

/** The type is that of Node's platform, because this test is checked without the DOM. */
const inBrowser = await vi.importActual<typeof import('../../src/platform/node.ts')>('../../src/platform/browser.ts');
const platforms: readonly (readonly [string, Inflate])[] = [
  ['Node', inflateInNode],
  ['the browser', inBrowser.inflate],
];

const maxInflatedBytes = 100_000;
const bombBytes = 24 << 20;
/** What a refusal may cost, in bytes: far less than what the bomb holds. */
const refusalBytes = 4 << 20;
const fast = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
const bombs = {
  gzip: Uint8Array.of(2, ...gzipSync(Buffer.alloc(bombBytes))),
  brotli: Uint8Array.of(1, ...brotliCompressSync(Buffer.alloc(bombBytes), fast)),
};

const update: ServerMessage = { tag: 'TransactionUpdate', querySets: [] };

/** A frame with an update, compressed or not. */
function updateFrame(compression: 'none' | 'gzip' | 'brotli'): Uint8Array {
  const body = encode(serverMessageCodec, update);
  if (compression === 'none') return Uint8Array.of(0, ...body);
  return compression === 'gzip'
    ? Uint8Array.of(2, ...gzipSync(body))
    : Uint8Array.of(1, ...brotliCompressSync(body, fast));
}

describe.each(platforms)('with the inflate of %s', (_, inflate) => {
  test.each(['gzip', 'brotli'] as const)(
    'a %s bomb among honest frames is refused within the bound: what is before it counts, what is after it does not',
    async (algorithm) => {
      const delivered: ServerMessage[] = [];
      const before = process.memoryUsage().arrayBuffers;
      const violated = new Promise<unknown>((onViolation) => {
        const inbox = new Inbox({
          version: 'v3',
          inflate,
          maxInboundFrameBytes: 1 << 20,
          maxInflatedBytes,
          maxRowsPerMessage: 100,
          onMessage: (message) => delivered.push(message),
          onViolation,
        });
        for (const compression of ['brotli', 'none', 'gzip'] as const) inbox.push(updateFrame(compression));
        inbox.push(bombs[algorithm]);
        for (const compression of ['none', 'brotli', 'gzip'] as const) inbox.push(updateFrame(compression));
      });
      const error = await violated;
      expect(error).toBeInstanceOf(ProtocolError);
      expect(String(error)).toContain(`more than ${maxInflatedBytes} bytes; raise limits.maxInflatedBytes`);
      await settled();
      expect(delivered).toEqual([update, update, update]);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(refusalBytes);
    },
  );
});

test.each(['gzip', 'brotli'] as const)('a %s bomb ends the connection, and the next one goes on', async (algorithm) => {
  const [connector, clock, errors] = [new FakeConnector(), new FakeClock(), new Array<unknown>()];
  const options = { host: 'localhost', database: 'bombs', webSocket: connector, clock, limits: { maxInflatedBytes } };
  const client = await SpacetimeDbClient.create(options);
  client.onError((error) => errors.push(error));
  const connecting = client.connect();
  await settled();
  const socket = connector.last.introduce();
  await connecting;
  const before = process.memoryUsage().arrayBuffers;
  socket.receiveFrame(bombs[algorithm]);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(refusalBytes);
  expect(socket.closed).toBeDefined();
  expect(errors).toEqual([expect.any(ProtocolError)]);
  expect(client.connection.state.value).toMatchObject({ status: 'reconnecting' });
  clock.advance(1000);
  await settled();
  connector.last.introduce();
  expect(client.connection.state.value).toEqual({ status: 'connected' });
  await client.dispose();
});
