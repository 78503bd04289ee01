import { describe, expect, test } from 'vitest';
import { ConnectionId, Identity } from '../../../src/bsatn/index.ts';
import { type LogRecord } from '../../../src/embedded/log-record.ts';
import { bsatn, openTestDatabase, type TestDatabase } from '../../support/embedded-database.ts';
import { type SpacetimeModuleParts, spacetimeModule } from '../../support/spacetime-module.ts';
import { code, type ExportedFunction, type ImportedFunction } from '../../support/wasm-module.ts';

/** A definition with one type, the unit, and one reducer without parameters, `run`. */
const withReducer = [
  ...bsatn((writer) => {
    writer.u32(1);
    writer.u8(3);
    writer.u32(1);
    writer.string('run');
    writer.u32(0);
    writer.u8(1);
    for (const type of [2, 4] as const) {
      writer.u8(type);
      if (type === 2) writer.u32(0);
    }
  }),
];

/** `__call_reducer__` with ten parameters, of which the last is the sink for an error. */
function callReducer(...body: readonly (readonly number[])[]): ExportedFunction {
  return {
    name: '__call_reducer__',
    params: ['i32', 'i64', 'i64', 'i64', 'i64', 'i64', 'i64', 'i64', 'i32', 'i32'],
    results: ['i32'],
    code: body.flat(),
  };
}

const errorSink = code.parameter(9);

function open(parts: SpacetimeModuleParts): Promise<TestDatabase> {
  return openTestDatabase(spacetimeModule({ definition: withReducer, ...parts }));
}

const errnoImport = (module: string, name: string, params: number): ImportedFunction => ({
  module,
  name,
  params: Array.from({ length: params }, () => 'i32' as const),
  results: ['i32'],
});

/** What a module gets from a host function that it calls with numbers; it answers the host with it. */
async function statusOf(imported: ImportedFunction, ...args: readonly number[]): Promise<number> {
  const { call, log } = await open({
    imports: [imported],
    functions: [callReducer(...args.map((value) => code.i32(value)), code.call(1))],
  });
  const { tag } = call('run');
  if (tag !== 'internalError') return tag === 'committed' ? 0 : 1;
  const status = /answered the status (-?\d+)$/.exec(log.at(-1)?.message ?? '')?.[1];
  if (status === undefined) throw new Error(`it died otherwise: ${log.at(-1)?.message}`);
  return Number(status);
}

describe('a module in wasm', () => {
  test('without tables and functions opens', async () => {
    const { database } = await openTestDatabase(spacetimeModule({}));
    expect(database.module.tables).toEqual([]);
    expect(database.module.reducers).toEqual([]);
  });

  test('answers 0 for success and 1 with a text for an error', async () => {
    const succeeds = await open({ functions: [callReducer(code.i32(0))] });
    expect(succeeds.call('run').tag).toBe('committed');
    const fails = await open({
      functions: [callReducer(errorSink, code.i32(68), code.i32(64), code.call(0), code.drop, code.i32(1))],
      texts: { 64: '\u0003\0\0\0boo!' },
    });
    expect(fails.call('run')).toMatchObject({ tag: 'failed', message: 'boo' });
  });

  test('with another answer has died', async () => {
    const { call, log } = await open({ functions: [callReducer(code.i32(7))] });
    expect(call('run')).toMatchObject({ tag: 'internalError', message: 'The instance encountered a fatal error.' });
    expect(log.map((record: LogRecord) => record.message)).toEqual([
      'reducer run died: __call_reducer__ answered the status 7',
    ]);
  });
});

describe('a call', () => {
  test('that traps leaves nothing behind: the next one finds a new instance', async () => {
    // Each call but the first of an instance answers 0; the first marks the instance and dies.
    const { call } = await open({
      functions: [
        callReducer(
          code.i32(128),
          code.loadByte,
          [0x04, 0x7f, ...code.i32(0), 0x05],
          code.i32(128),
          code.i32(1),
          code.storeByte,
          code.unreachable,
          [0x0b],
        ),
      ],
    });
    expect([call('run').tag, call('run').tag]).toEqual(['internalError', 'internalError']);
  });

  test.each([1, 2, 3, 4, 5, 6])(
    'gives the caller in words of 64 bits, least significant first: parameter %i',
    async (parameter) => {
      const { database, log } = await open({ functions: [callReducer(code.parameter(parameter), code.wrap)] });
      const identity = new Identity((0x14n << 192n) | (0x13n << 128n) | (0x12n << 64n) | 0x11n);
      const connectionId = new ConnectionId((0x16n << 64n) | 0x15n);
      database.callReducer({ name: 'run', args: new Uint8Array(), identity, connectionId });
      expect(log.at(-1)?.message).toBe(`reducer run died: __call_reducer__ answered the status ${0x10 + parameter}`);
    },
  );

  test('without a connection gives zeros', async () => {
    const { call } = await open({ functions: [callReducer(code.parameter(5), code.wrap)] });
    expect(call('run', '[]', { identity: new Identity(5n), connectionId: undefined }).tag).toBe('committed');
  });
});

describe('the host functions', () => {
  test('answer with an error number for handles that are none', async () => {
    expect(await statusOf(errnoImport('spacetime_10.0', 'row_iter_bsatn_close', 1), 5)).toBe(6);
    expect(await statusOf(errnoImport('spacetime_10.0', 'row_iter_bsatn_advance', 3), 5, 64, 8)).toBe(6);
    expect(await statusOf(errnoImport('spacetime_10.0', 'bytes_source_read', 3), 5, 64, 8)).toBe(8);
    expect(await statusOf(errnoImport('spacetime_10.1', 'bytes_source_remaining_length', 2), 5, 64)).toBe(8);
    expect(await statusOf(errnoImport('spacetime_10.0', 'console_timer_end', 1), 5)).toBe(7);
  });

  test('answer with an error number for tables and indexes that are none', async () => {
    expect(await statusOf(errnoImport('spacetime_10.0', 'table_id_from_name', 3), 64, 2, 8)).toBe(4);
    expect(await statusOf(errnoImport('spacetime_10.0', 'index_id_from_name', 3), 64, 2, 8)).toBe(5);
    expect(await statusOf(errnoImport('spacetime_10.0', 'datastore_table_row_count', 2), 1, 8)).toBe(4);
    expect(await statusOf(errnoImport('spacetime_10.0', 'datastore_table_scan_bsatn', 2), 1, 8)).toBe(4);
    expect(
      await statusOf(errnoImport('spacetime_10.0', 'datastore_btree_scan_bsatn', 9), 1, 0, 0, 0, 0, 0, 0, 0, 8),
    ).toBe(5);
    expect(await statusOf(errnoImport('spacetime_10.0', 'datastore_insert_bsatn', 3), 1, 64, 8)).toBe(4);
    expect(await statusOf(errnoImport('spacetime_10.0', 'datastore_update_bsatn', 4), 1, 1, 64, 8)).toBe(4);
    expect(await statusOf(errnoImport('spacetime_10.0', 'datastore_delete_all_by_eq_bsatn', 4), 1, 64, 4, 8)).toBe(4);
    expect(
      await statusOf(errnoImport('spacetime_10.4', 'datastore_delete_by_index_scan_point_bsatn', 4), 1, 64, 4, 8),
    ).toBe(5);
    expect(await statusOf(errnoImport('spacetime_10.5', 'datastore_clear', 2), 1, 8)).toBe(4);
  });

  test('of procedures are not for reducers', async () => {
    expect(await statusOf(errnoImport('spacetime_10.3', 'procedure_start_mut_tx', 1), 8)).toBe(17);
    expect(await statusOf(errnoImport('spacetime_10.3', 'procedure_commit_mut_tx', 0))).toBe(18);
    expect(await statusOf(errnoImport('spacetime_10.3', 'procedure_abort_mut_tx', 0))).toBe(18);
  });

  test('refuse HTTP requests of what is no procedure, or in a transaction', async () => {
    const http = errnoImport('spacetime_10.3', 'procedure_http_request', 5);
    expect(await statusOf(http, 64, 0, 64, 0, 128)).toBe(17);
  });

  test('trap on a pointer out of the memory', async () => {
    const { call, log } = await open({
      imports: [errnoImport('spacetime_10.0', 'table_id_from_name', 3)],
      functions: [callReducer(code.i32(-8), code.i32(64), code.i32(8), code.call(1))],
    });
    expect(call('run')).toMatchObject({ tag: 'internalError', reason: 'fatal' });
    expect(log.at(-1)?.message).toMatch(/^reducer run died: /);
  });

  test('write to the log with what is given, and measure time', async () => {
    const { call, log } = await open({
      imports: [
        { module: 'spacetime_10.0', name: 'console_log', params: Array.from({ length: 8 }, () => 'i32' as const) },
        errnoImport('spacetime_10.0', 'console_timer_start', 2),
        errnoImport('spacetime_10.0', 'console_timer_end', 1),
      ],
      functions: [
        callReducer(
          ...[1, 64, 3, 67, 4, 12, 71, 2].map((value) => code.i32(value)),
          code.call(1),
          ...[3, 0, 0, 0, 0, -1, 71, 2].map((value) => code.i32(value)),
          code.call(1),
          code.i32(64),
          code.i32(3),
          code.call(2),
          code.call(3),
        ),
      ],
      texts: { 64: 'modfilehi' },
    });
    expect(call('run').tag).toBe('committed');
    const base = { timestamp: 1_704_067_200_000_000n, functionName: 'run' };
    const anonymous = { ...base, target: undefined, filename: undefined, lineNumber: undefined };
    expect(log).toEqual([
      { ...base, level: 'warn', target: 'mod', filename: 'file', lineNumber: 12, message: 'hi' },
      { ...anonymous, level: 'debug', message: 'hi' },
      { ...anonymous, level: 'info', message: 'Timing span "mod": 0 microseconds' },
    ]);
  });
});

/** The message that a module is refused with. */
async function problemWith(parts: SpacetimeModuleParts): Promise<string> {
  const error: unknown = await openTestDatabase(spacetimeModule(parts)).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error)) throw new Error('the module was opened');
  expect(error.name).toBe('ModuleLoadError');
  expect(error.message).not.toContain('\n');
  return error.message;
}

describe('a module that cannot be opened gets one line that says why', () => {
  test('an import that the server does not have', async () => {
    expect(await problemWith({ imports: [{ module: 'spacetime_10.7', name: 'time_travel' }] })).toBe(
      'cannot load the module: it imports spacetime_10.7.time_travel, which this server does not have',
    );
    expect(await problemWith({ imports: [{ module: '__wbindgen_placeholder__', name: 'x' }] })).toMatch(
      /__wbindgen_placeholder__\.x, .*: a dependency is meant for browsers; `cargo tree/,
    );
    expect(await problemWith({ imports: [{ module: 'env', name: '__getrandom_custom' }] })).toMatch(
      /env\.__getrandom_custom, .*: a dependency asks for random bytes;/,
    );
  });

  test('an import of another shape', async () => {
    const imports = [{ module: 'spacetime_10.0', name: 'identity', params: [], results: ['i64'] as const }];
    const functions = [{ name: '__preinit__00', code: [...code.call(1), ...code.drop] }];
    expect(await problemWith({ imports, functions })).toMatch(/^cannot load the module: __preinit__00 trapped: /);
  });

  test('a definition that cannot be read', async () => {
    expect(await problemWith({ definition: [1, 0, 0, 0] })).toMatch(
      /^cannot load the module: its definition cannot be read: /,
    );
  });

  test('handlers of HTTP requests', async () => {
    const definition = [
      ...bsatn((writer) => {
        writer.u32(1);
        writer.u8(11);
        writer.u32(1);
        writer.string('hook');
      }),
    ];
    expect(await problemWith({ definition })).toBe(
      'cannot load the module: it uses an HTTP handler (hook), which the embedded server does not support',
    );
  });

  test('row level security', async () => {
    const sql = 'SELECT * FROM secret WHERE owner = :sender';
    const definition = [
      ...bsatn((writer) => {
        writer.u32(1);
        writer.u8(8);
        writer.u32(1);
        writer.string(sql);
      }),
    ];
    expect(await problemWith({ definition })).toBe(
      `cannot load the module: it uses row level security (client_visibility_filter: ${sql}), which the embedded server does not support`,
    );
  });
});
