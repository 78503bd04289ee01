import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { describeWasm } from '../../../src/embedded/wasm/describe.ts';
import { moduleFromBsatn } from '../../../src/module-def/index.ts';
import { referenceModule, referenceWasm } from '../../support/golden/reference-schema.ts';
import { type SpacetimeModuleParts, spacetimeModule } from '../../support/spacetime-module.ts';
import { code, wasmModule } from '../../support/wasm-module.ts';

const consoleLog = {
  module: 'spacetime_10.0',
  name: 'console_log',
  params: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'],
} as const;

const panicText = 'panicked at src/lib.rs:7:5:\nno such setting';

/** Logs the text at 64 as a panic does, then traps. */
const panics = [
  ...[101, 0, 0, 0, 0, -1, 64, panicText.length].flatMap((value) => code.i32(value)),
  ...code.call(1),
  ...code.unreachable,
];

async function problemOf(bytes: Uint8Array): Promise<string> {
  const error: unknown = await describeWasm(bytes).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) throw new Error('the module was described');
  expect(error.name).toBe('ModuleLoadError');
  expect(error.message).not.toContain('\n');
  return error.message.replace('cannot load the module: ', '');
}

const problemWith = (parts: SpacetimeModuleParts): Promise<string> => problemOf(spacetimeModule(parts));

/** The server sorts what it answers. Its names are canonical; of the module's own it has only some. */
function byName(parts: readonly { readonly name: unknown }[]): readonly string[] {
  return parts.map((part) => JSON.stringify(part, withoutSourceNames)).sort();
}

function withoutSourceNames(key: string, value: unknown): unknown {
  if (key === 'source' || key === 'accessor' || key === 'index') return undefined;
  const isUnordered = key === 'indexes' || key === 'uniqueConstraints';
  if (!isUnordered || !Array.isArray(value)) return typeof value === 'bigint' ? String(value) : value;
  return value.map((item: unknown) => JSON.stringify(item, withoutSourceNames)).sort();
}

function failing(name: string): { readonly name: string; readonly code: readonly number[] } {
  return { name, code: code.unreachable };
}

describe('describing a module', () => {
  test('the reference module says of itself what the real server says of it', async () => {
    const module = moduleFromBsatn(await describeWasm(readFileSync(referenceWasm)));
    expect(module.typespace).toEqual(referenceModule.typespace);
    for (const part of ['types', 'tables', 'reducers', 'procedures', 'views'] as const) {
      expect(byName(module[part])).toEqual(byName(referenceModule[part]));
    }
    expect(module.schedules.map((schedule) => schedule.functionName)).toEqual(['tick']);
  });

  test('initialisers run in byte order, after _initialize and before __setup__', async () => {
    const later = [failing('__preinit__9_z'), failing('__preinit__20_a'), failing('__preinit__10_b')];
    expect(await problemWith({ functions: later })).toBe('__preinit__10_b trapped: unreachable');
    expect(await problemWith({ functions: [...later, failing('_initialize')] })).toBe(
      '_initialize trapped: unreachable',
    );
  });

  test('a module may import what it does not call', async () => {
    const imports = [
      { module: 'spacetime_10.7', name: 'of_a_newer_server' },
      { module: 'wasi_snapshot_preview1', name: 'fd_close', params: ['i32'], results: ['i32'] },
    ] as const;
    expect(await describeWasm(spacetimeModule({ imports }))).toEqual(Uint8Array.of(2, 0, 0, 0, 0));
  });
});

describe('a module that cannot be described gets one line that says why', () => {
  test('bytes that are no WebAssembly', async () => {
    expect(await problemOf(Uint8Array.of(1, 2, 3))).toMatch(/^its 3 bytes are no WebAssembly module \(.+\)$/);
    expect(await problemOf(new Uint8Array())).toMatch(/^its 0 bytes are no WebAssembly module/);
  });

  test('an export that every module has', async () => {
    expect(await problemOf(wasmModule({ memory: false }))).toBe(
      'it does not export the memory memory, as every SpacetimeDB module does',
    );
    expect(await problemOf(wasmModule({}))).toBe(
      'it does not export the function __describe_module__, as every SpacetimeDB module does',
    );
  });

  test('a host interface of another version', async () => {
    const imports = [{ module: 'spacetime_9.0', name: 'console_log' }];
    expect(await problemWith({ imports })).toMatch(
      /^it imports spacetime_9\.0\.console_log: .+ version 9, .+ spacetime_10/,
    );
  });

  test('a call of a host function that there is none of', async () => {
    const imports = [{ module: 'env', name: 'time_travel' }];
    const functions = [{ name: '__preinit__00', code: code.call(1) }];
    expect(await problemWith({ imports, functions })).toBe(
      '__preinit__00 trapped: the module called env.time_travel, which this host does not have',
    );
  });

  test('a trap, with the last line of the log', async () => {
    const functions = [{ name: '__describe_module__', params: ['i32'] as const, code: panics }];
    expect(await problemWith({ imports: [consoleLog], functions, texts: { 64: panicText } })).toBe(
      '__describe_module__ trapped: unreachable; the last line of its log: panicked at src/lib.rs:7:5: no such setting',
    );
  });

  test('an error of __setup__, with its text', async () => {
    const setup = {
      name: '__setup__',
      params: ['i32'] as const,
      results: ['i32'] as const,
      code: [...code.parameter(0), ...code.i32(68), ...code.i32(64), ...code.call(0), ...code.drop, ...code.i32(1)],
    };
    const texts = { 64: '\u0009\0\0\0no\nluck to' };
    expect(await problemWith({ functions: [setup], texts })).toBe('__setup__ failed: no luck t');
  });

  test('a pointer out of the memory', async () => {
    const functions = [
      {
        name: '__describe_module__',
        params: ['i32'] as const,
        code: [...code.parameter(0), ...code.i32(-1), ...code.i32(8), ...code.call(0), ...code.drop],
      },
    ];
    expect(await problemWith({ functions })).toMatch(/^__describe_module__ trapped: /);
  });
});
