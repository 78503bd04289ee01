import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { describe, expect, test, vi } from 'vitest';
import { ProtocolError } from '../../src/errors.ts';

/*
 * The browser's platform under Node: its inflate needs nothing of a browser, except that its brotli decoder fetches its own wasm.
 * The type is that of Node's platform, because this test is checked without the DOM.
 */
type Platform = typeof import('../../src/platform/node.ts');
const load = (): Promise<Platform> => vi.importActual<Platform>('../../src/platform/browser.ts');

// A page fetches the wasm; here it is read, and the decoder is the real one.
vi.mock('brotli-dec-wasm', async () => {
  const decoder = await import('brotli-dec-wasm/web');
  decoder.initSync({ module: readFileSync(createRequire(import.meta.url).resolve('brotli-dec-wasm/web/bg.wasm')) });
  return { default: Promise.resolve(decoder) };
});

/** Text that compresses badly enough to come in several pieces. */
const text = new TextEncoder().encode(
  Array.from({ length: 120_000 }, (_, index) => ((index * 2_654_435_761) % 2 ** 32).toString(36)).join(' '),
);
/** Without the matcher of arrays, which is slow. */
const isText = (bytes: Uint8Array): boolean => Buffer.compare(bytes, text) === 0;
const plainBrotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };

describe("the browser's inflate", () => {
  test('opens gzip at once, up to the bound and not a byte more', async () => {
    const { inflate } = await load();
    const bytes = gzipSync(text);
    expect(isText(await inflate('gzip', bytes, text.length))).toBe(true);
    expect(() => inflate('gzip', bytes, text.length - 1)).toThrow(ProtocolError);
    expect(() => inflate('gzip', bytes, text.length - 1)).toThrow(`more than ${text.length - 1} bytes`);
    expect(inflate('gzip', gzipSync(new Uint8Array(0)), 1)).toHaveLength(0);
  });

  test('refuses gzip that is cut, damaged or empty', async () => {
    const { inflate } = await load();
    const bytes = gzipSync(text);
    const damaged = Uint8Array.from(bytes, (byte, index) => (index === 2000 ? byte ^ 0xff : byte));
    for (const each of [bytes.subarray(0, -9), bytes.subarray(0, 0), damaged, new Uint8Array(20).fill(7)]) {
      expect(() => inflate('gzip', each, 1 << 24)).toThrow(/the bytes are damaged/);
    }
  });

  test('opens brotli with its wasm, in pieces, up to the bound and not a byte more', async () => {
    const { inflate } = await load();
    const bytes = brotliCompressSync(text, plainBrotli);
    expect(bytes.length).toBeGreaterThan(256 * 1024);
    expect(isText(await inflate('brotli', bytes, text.length))).toBe(true);
    const refused = inflate('brotli', bytes, text.length - 1);
    await expect(refused).rejects.toThrow(ProtocolError);
    await expect(refused).rejects.toThrow(`more than ${text.length - 1} bytes`);
    expect(await inflate('brotli', brotliCompressSync(new Uint8Array(0)), 1)).toHaveLength(0);
  });

  test('refuses brotli that is cut, damaged or empty', async () => {
    const { inflate } = await load();
    const bytes = brotliCompressSync(text, plainBrotli);
    for (const each of [bytes.subarray(0, -9), bytes.subarray(0, 0), new Uint8Array(20).fill(0xff)]) {
      await expect(inflate('brotli', each, 1 << 24)).rejects.toThrow(/the bytes are damaged/);
    }
  });

  test.each(['gzip', 'brotli'] as const)('stops a %s bomb before it takes the memory', async (algorithm) => {
    const { inflate } = await load();
    const zeros = Buffer.alloc(64 << 20);
    const bomb = algorithm === 'gzip' ? gzipSync(zeros) : brotliCompressSync(zeros, plainBrotli);
    const before = process.memoryUsage().arrayBuffers;
    await expect((async () => inflate(algorithm, bomb, 1 << 20))()).rejects.toThrow(/more than 1048576 bytes/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 << 20);
  });

  test('says what to do where the decoder of brotli cannot be loaded', async () => {
    vi.resetModules();
    vi.doMock('brotli-dec-wasm', () => ({ default: Promise.reject(new TypeError('blocked')) }));
    const { inflate } = await load();
    await expect(inflate('brotli', brotliCompressSync(text, plainBrotli), 1 << 24)).rejects.toMatchObject({
      message: expect.stringContaining("compression: 'gzip' needs none"),
      cause: { message: expect.stringContaining('brotli_dec_wasm_bg.wasm'), cause: new TypeError('blocked') },
    });
    vi.doUnmock('brotli-dec-wasm');
  });

  test('is told why there is no brotli in React Native', async () => {
    const { loadBrotli } = await import('../../src/platform/no-brotli.ts');
    await expect(loadBrotli()).rejects.toThrow('React Native has no WebAssembly');
  });
});

test("the browser's environment tells of the network and of the page, until nobody wants to know", async () => {
  const page = new EventTarget();
  const tab = Object.assign(new EventTarget(), { visibilityState: 'hidden' });
  const navigator = { onLine: false };
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
  vi.stubGlobal('document', tab);
  vi.stubGlobal('navigator', navigator);
  const { environment } = await load();
  const heard: string[] = [];
  const stop = environment.watch({
    online: () => heard.push('online'),
    offline: () => heard.push('offline'),
    visible: () => heard.push('visible'),
  });
  const happen = (): void => {
    page.dispatchEvent(new Event('offline'));
    page.dispatchEvent(new Event('online'));
    tab.dispatchEvent(new Event('visibilitychange'));
    tab.visibilityState = 'visible';
    tab.dispatchEvent(new Event('visibilitychange'));
  };
  happen();
  expect([heard, environment.isOnline()]).toEqual([['offline', 'online', 'visible'], false]);
  stop();
  happen();
  expect(heard).toHaveLength(3);
  // A worker has none of these.
  for (const name of ['addEventListener', 'removeEventListener', 'document', 'navigator'])
    vi.stubGlobal(name, undefined);
  environment.watch({ online: happen, offline: happen, visible: happen })();
  expect(environment.isOnline()).toBe(true);
  vi.unstubAllGlobals();
});
