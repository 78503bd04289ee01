import { expect, test } from 'vitest';
import { bundleProcess } from '../../support/bundle-process.ts';
import { evaluateInForeignRealm } from '../../support/foreign-realm.ts';
import { referenceWasm } from '../../support/golden/reference-schema.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/*
 * jest evaluates tests, and all packages that they import, in a realm that is not Node's: its `Error` is not that of `node:fs`. It keeps Node's bytes; the window that
 * jsdom makes does not even do that.
 */
test.each([
  ['as in jest', ['ArrayBuffer', 'Uint8Array']],
  ['with bytes that are not those of Node either', []],
] as const)('server and clients live in a realm that is not that of Node, %s', async (_, shared) => {
  const folder = temporaryFolder();
  const file = await bundleProcess(new URL('realm-session.ts', import.meta.url), folder);
  const { session, isForeign } = evaluateInForeignRealm(file, shared);
  if (typeof session !== 'function') throw new TypeError('there is no session');
  expect(isForeign).toBe(true);
  const seen: unknown = await session(referenceWasm, folder);
  expect(seen).toEqual([
    'first: 1 messages',
    'second: 2 messages',
    'ModuleLoadError: cannot load the module: there is no FOLDER/none.wasm',
    expect.stringContaining('its 3 bytes are no WebAssembly module'),
    'ModuleLoadError: cannot load the module: FOLDER has no src/index.ts, where a module in TypeScript begins',
    'ReducerError: reducer say failed: say something',
    'SqlError: sql parser error: Expected an SQL statement, found: no at Line: 1, Column 1',
    expect.stringMatching(/^ConnectionError: .* connect ECONNREFUSED 127\.0\.0\.1:1: is a server running there\?$/),
    '200 ',
    '200 true',
    'none: 0 notes before',
    'gzip: 1 notes before',
    'brotli: 2 notes before',
    '0 cached, pending, committed, 2',
    '2 cached, pending, committed, 3',
    'came back',
  ]);
});
