import { expect, test, vi } from 'vitest';
import { ContentCache } from '../../src/embedded/content-cache.ts';
import { EmbeddedServer } from '../../src/embedded/index.ts';
import { webAssembly } from '../../src/embedded/wasm/web-assembly.ts';
import { readFileSync } from 'node:fs';
import { referenceWasm } from '../support/golden/reference-schema.ts';

test('the same bytes are made into something once, whoever holds them; the oldest of five are forgotten', () => {
  const made: number[] = [];
  const cache = new ContentCache((bytes) => made.push(bytes[0] ?? 0));
  for (const byte of [1, 1, 2, 3, 1, 4, 5, 1, 2]) cache.of(Uint8Array.of(byte));
  expect(made).toEqual([1, 2, 3, 4, 5, 2]);
  cache.forget(Uint8Array.of(1));
  cache.of(Uint8Array.of(1));
  expect(made.at(-1)).toBe(1);
});

test('what throws is made again', () => {
  let calls = 0;
  const cache = new ContentCache(() => {
    if (++calls === 1) throw new Error('not yet');
    return calls;
  });
  expect(() => cache.of(new Uint8Array())).toThrow('not yet');
  expect(cache.of(new Uint8Array())).toBe(2);
});

test('a module is compiled once, however many servers run it', async () => {
  const compile = vi.spyOn(webAssembly, 'compile');
  for (let count = 0; count < 3; count++) {
    const module = Uint8Array.from(readFileSync(referenceWasm));
    await (await EmbeddedServer.start({ module, database: 'again' })).close();
  }
  await (await EmbeddedServer.start({ module: referenceWasm, database: 'again' })).close();
  expect(compile.mock.calls.length).toBeLessThanOrEqual(1);
  const broken = Uint8Array.of(1, 2, 3);
  for (let count = 0; count < 2; count++) {
    await expect(EmbeddedServer.start({ module: broken, database: 'again' })).rejects.toThrow('no WebAssembly module');
  }
  compile.mockRestore();
});
