import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { clientMembers, handleMembers } from '../../codegen/plan/reserved-names.ts';
import { ConnectionError } from '../../src/errors.ts';
import { SpacetimeDbClient, tables } from '../generated/reference/index.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

async function client(): Promise<SpacetimeDbClient> {
  return SpacetimeDbClient.create({ host: 'localhost:1', database: 'none', ssl: false });
}

describe('the generated client of the reference module', () => {
  test('has every public table and view, with the accessors of its indexes, and shows no rows yet', async () => {
    const made = await client();
    expect(Object.keys(made.tables)).toEqual([
      'chatEvent',
      'entity',
      'everyType',
      'lobby',
      'me',
      'message',
      'myInbox',
      'note',
      'score',
      'setting',
      'user',
    ]);
    expect(made.note).toBe(made.tables.note);
    expect(made.note.name).toBe('note');
    expect([made.note.count(), made.note.rows.value, made.note.find(1n), made.note.id.find(1n)]).toEqual([
      0,
      [],
      undefined,
      undefined,
    ]);
    expect(made.message.room.filter(3)).toEqual([]);
    expect(made.setting.slot.row(1).value).toBeUndefined();
    expect(made.entity.entity_id).toBe(made.entity.entityId);
    await made.dispose();
  });

  test('shows a view of at most one row as a signal, and its handle under `tables`', async () => {
    const made = await client();
    expect(made.me.value).toBeUndefined();
    expect(made.tables.me.rows.value).toEqual([]);
    await made.dispose();
  });

  test('checks arguments and needs a connection', async () => {
    const made = await client();
    await expect(made.reducers.noop()).rejects.toThrow(ConnectionError);
    await expect(made.reducers.spawn({ firstId: -1, count: 1 })).rejects.toThrow('spawn');
    await expect(made.procedures.add({ left: 1n, right: 2n })).rejects.toThrow(ConnectionError);
    await made.dispose();
  });

  test('knows its tables as queries', () => {
    expect(tables.everyType.toSql()).toBe('SELECT * FROM "every_type"');
    expect(Object.keys(tables)).toHaveLength(11);
  });

  test('keeps the names free that generated code must not take', async () => {
    const made = await client();
    const own = new Set([...Object.keys(made.tables), 'constructor']);
    expect(publicNames(made).filter((name) => !own.has(name) && !clientMembers.includes(name))).toEqual([]);
    const indexes = ['id', 'byOwnerFolder', 'by_owner_folder'];
    expect(publicNames(made.note).filter((name) => !indexes.includes(name) && !handleMembers.includes(name))).toEqual(
      [],
    );
    await made.dispose();
  });
});

/** The properties of an object and of its classes. */
function publicNames(value: object): string[] {
  const names: string[] = [];
  for (let at: object | null = value; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    names.push(...Object.getOwnPropertyNames(at));
  }
  return names;
}

/** The code that a bundler makes of `entry`, which stands beside the generated files. */
async function bundled(entry: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: entry,
      resolveDir: fileURLToPath(new URL('../generated/reference', import.meta.url)),
      loader: 'ts',
    },
    absWorkingDir: root,
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    alias: { 'spacetimedb-signals/runtime': `${root}src/runtime.ts`, '#platform': `${root}src/platform/node.ts` },
    external: ['ws', 'pako', 'brotli-dec-wasm', '@preact/signals-core'],
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}

test('a bundler keeps only what is used', async () => {
  const one = await bundled(`import { createNoteReducer } from './index.ts'; console.log(createNoteReducer);`);
  expect(one).toContain('"create_note"');
  expect(one.match(/every_type|spawn|by_owner_folder|SpacetimeDbClient|SELECT/g)).toBeNull();
  const all = await bundled(`import { SpacetimeDbClient } from './index.ts'; console.log(SpacetimeDbClient);`);
  expect(all).toContain('every_type');
});
