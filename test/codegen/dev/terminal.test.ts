import { chmodSync, copyFileSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../support/live-clients.ts';
import { referenceWasm } from '../../support/golden/reference-schema.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { run } from '../command.ts';
import { app, source } from './app.ts';
import { Said } from './said.ts';

/** `dev` within this process, on a terminal that is not there. */
function onTerminal(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
  const shown: string[] = [];
  const said = new Said();
  let press: (key: string) => void = () => undefined;
  const interrupted = new AbortController();
  const terminal = {
    hasColors: false,
    columns: () => 120,
    write: (text: string) => {
      shown.push(text);
      for (const line of text.split('\n')) said.add(line);
    },
    onKey: (listener: (key: string) => void) => {
      press = listener;
      return () => undefined;
    },
  };
  const ended = run(cwd, ['dev', '--port', '0', ...args], '', { env, interrupted: interrupted.signal, terminal });
  onTestFinished(async () => {
    interrupted.abort();
    await ended;
  });
  return { shown, said, press: (key: string) => press(key), ended };
}

describe('on a terminal', () => {
  test('shows how things stand, and obeys keys', async () => {
    const { folder, edit } = app();
    const { shown, said, press, ended } = onTerminal(folder, []);
    await said.line(/┃ my-pets {2}http:\/\/127\.0\.0\.1:\d+ {2}● running$/);
    await said.line(/┃ 0 clients {2}· {2}0 calls\/s/);
    await said.line(/rows are in memory only: each start begins anew, --data-dir DIR keeps them/);
    edit(
      source
        .replace('cat,', 'cat:')
        .replace(
          'spacetimedb = schema({ cat })',
          'spacetimedb = schema({ cat: cat, dog: table({ name: "dog" }, { id: t.u8() }) })',
        ),
    );
    await said.line(/reloaded: table dog is new/);
    press('g');
    await said.line(/nothing to generate: start with --generate DIR/);
    edit('export default (');
    await said.line(/● running the former module/);
    await said.line(/✗ the new module does not run/);
    edit(source);
    await said.line(/reloaded: table dog is gone/);
    await said.line(/┃ my-pets .*● running$/);
    press('r');
    await said.line(/reloaded \(/);
    press('c');
    await eventually('a clear screen', () => shown.some((text) => text.includes('\u001B[2J')));
    press('x');
    await said.line(/began anew without any rows/);
    press('q');
    expect((await ended).code).toBe(0);
    expect(shown.at(-1)).toBe('\u001B[?25h');
  });

  test('waits for a first module that can be run', async () => {
    const { folder, edit } = app();
    edit('export default 1;');
    const { said, press, ended } = onTerminal(folder, ['spacetimedb']);
    await said.line(/● waiting for a module that can be run/);
    await said.line(/✗ the module does not run; waiting for a change in/);
    await said.line(/its default export is no schema of a module/);
    edit(source);
    await said.line(/┃ my-pets .*● running$/);
    press('q');
    expect((await ended).code).toBe(0);
  });

  test('builds a project in another language', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'Cargo.toml'), '');
    const tools = temporaryFolder();
    writeFileSync(
      join(tools, 'cargo'),
      `#!/bin/sh\necho building >&2\nmkdir -p target && cp ${referenceWasm} target/m.wasm\necho '{"reason":"compiler-artifact","target":{"kind":["cdylib"]},"filenames":["${folder}/target/m.wasm"]}'\n`,
    );
    chmodSync(join(tools, 'cargo'), 0o755);
    const env = { ...process.env, PATH: [tools, process.env['PATH']].join(delimiter) };
    const rust = onTerminal(folder, ['--db', 'reference'], env);
    await rust.said.line(/building/);
    await rust.said.line(/reference is at http/);
    writeFileSync(join(folder, 'lib.rs'), '');
    await rust.said.line(/building/);
    await rust.said.line(/reloaded/);
    rust.press('q');
    expect((await rust.ended).code).toBe(0);
  });

  test('follows files outside of the module', async () => {
    const { folder, edit } = app();
    mkdirSync(join(folder, 'shared'));
    const shared = join(folder, 'shared/name.ts');
    writeFileSync(shared, `export const name: string = 'a';`);
    edit(`import { name } from '../../shared/name';\n${source}console.log(name);`);
    const { said, press, ended } = onTerminal(folder, []);
    await said.line(/src\/index\.ts:11 a$/);
    await said.line(/● running$/);
    writeFileSync(shared, `export const name: string = 'b';`);
    await said.line(/src\/index\.ts:11 b$/);
    press('q');
    expect((await ended).code).toBe(0);
  });

  test('serves a file of wasm, and takes the next one', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'module.wasm');
    copyFileSync(referenceWasm, file);
    const { said, press, ended } = onTerminal(folder, ['module.wasm', '--db', 'reference']);
    const host = (await said.line(/● running$/)).replace(/^.*http:\/\/(\S+) .*$/, '$1');
    cpSync(referenceWasm, file);
    await said.line(/reloaded/);
    // The source that a panic names is beside the module.
    mkdirSync(join(folder, 'src'));
    cpSync(fileURLToPath(new URL('../../reference-module/lib.rs', import.meta.url)), join(folder, 'src/lib.rs'));
    const headers = { 'content-type': 'application/json' };
    await fetch(`http://${host}/v1/database/reference/call/panic_with`, { method: 'POST', headers, body: '["oh"]' });
    await said.line(/✗ panic_with panicked: oh/);
    await said.line(/\d+ │ {5}panic!\("\{message\}"\);/);
    press('q');
    expect((await ended).code).toBe(0);
  });
});
