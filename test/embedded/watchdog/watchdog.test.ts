import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { schemaJson } from '../../../src/module-def/index.ts';
import { rawModuleDefBsatn } from '../../module-def/raw-module-def.ts';
import { bundleProcess } from '../../support/bundle-process.ts';
import { referenceModule } from '../../support/golden/reference-schema.ts';
import { spacetimeModule } from '../../support/spacetime-module.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { code } from '../../support/wasm-module.ts';

/** The reference module, but that its reducers do nothing and this one does not even end. */
function endlessModule(reducer: string): Uint8Array {
  const id = referenceModule.reducers.findIndex(({ name }) => name.canonical === reducer);
  const callReducer = {
    name: '__call_reducer__',
    params: ['i32', 'i64', 'i64', 'i64', 'i64', 'i64', 'i64', 'i64', 'i32', 'i32'],
    results: ['i32'],
    code: [...code.parameter(0), ...code.i32(id), ...code.endlessWhenEqual, ...code.i32(0)],
  } as const;
  const definition = [...rawModuleDefBsatn(schemaJson(referenceModule, 10), 10).subarray(1)];
  return spacetimeModule({ definition, functions: [callReducer] });
}

/** What a process loads before its program, such as a tracer: once, and not on the thread that watches. */
const preload = `data:text/javascript,${encodeURIComponent("import { writeSync } from 'node:fs'; writeSync(2, 'preloaded');")}`;

test.each([
  ['a reducer', 'noop'],
  ['what runs before there is a server', 'init'],
])('%s that does not end is named on standard error, by a process that can do nothing else', async (_, reducer) => {
  const folder = temporaryFolder();
  const module = join(folder, 'endless.wasm');
  writeFileSync(module, endlessModule(reducer));
  const program = await bundleProcess(new URL('endless-main.ts', import.meta.url), folder);
  const child = spawn(process.execPath, ['--import', preload, program, module], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  for await (const part of child.stderr) {
    said += String(part);
    if (said.includes('look for its loop')) break;
  }
  expect(said.trim()).toMatch(
    new RegExp(
      `^preloaded\\s+spacetimedb-signals: reducer ${reducer} of the module in the embedded server has been running for [\\d.]+ s\\. .*kill -9 ${child.pid}`,
    ),
  );
  expect(said).not.toContain('despawn');
});
