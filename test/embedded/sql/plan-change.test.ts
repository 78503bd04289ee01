import { describe, expect, test } from 'vitest';
import { decode } from '../../../src/bsatn/codec.ts';
import { codecOf } from '../../../src/bsatn/composed-codec.ts';
import { RowLayout } from '../../../src/embedded/datastore/row.ts';
import { type StoredRow } from '../../../src/embedded/relation.ts';
import { compileStatement, type StatementPlan } from '../../../src/embedded/sql/compile.ts';
import { acceptedRows } from '../../../src/embedded/sql/lookup.ts';
import { type InsertPlan, updatedRow, type UpdatePlan } from '../../../src/embedded/sql/plan-change.ts';
import { ownerCatalog, referenceSchemas } from './reference-catalog.ts';
import { MemoryRelation } from './small-tables.ts';
import { caller } from './support.ts';

const compile = (sql: string): StatementPlan => compileStatement(sql, ownerCatalog, caller);

function insertPlan(sql: string): InsertPlan {
  const plan = compile(sql);
  if (plan.kind !== 'insert') throw new TypeError(`planned as ${plan.kind}: ${sql}`);
  return plan;
}

function updatePlan(sql: string): UpdatePlan {
  const plan = compile(sql);
  if (plan.kind !== 'update') throw new TypeError(`planned as ${plan.kind}: ${sql}`);
  return plan;
}

/** The values of a row of `table` by column. */
function fieldsOf(table: string, bytes: Uint8Array): unknown {
  const schema = schemaOf(table);
  const type = { tag: 'Product', elements: schema.columns } as const;
  return decode(codecOf(type, { typespace: schema.typespace }), bytes, 'a row');
}

function schemaOf(table: string): (typeof referenceSchemas)[number] {
  const schema = referenceSchemas.find(({ name }) => name === table);
  if (schema === undefined) throw new RangeError(`no table ${table}`);
  return schema;
}

function rowOf(table: string, bytes: Uint8Array): StoredRow {
  const { columns, typespace } = schemaOf(table);
  return new RowLayout(columns, typespace).read(bytes);
}

describe('INSERT', () => {
  test('makes rows in BSATN, in the order of the table whatever the list says', () => {
    const { table, rows } = insertPlan("INSERT INTO setting (key, slot, value) VALUES ('a', 1, 'x'), (5, 2e1, 0xFF)");
    expect(table.name).toBe('setting');
    expect(rows.map((row) => fieldsOf('setting', row))).toEqual([
      { key: 'a', slot: 1, value: 'x' },
      { key: '5', slot: 20, value: 'FF' },
    ]);
    const swapped = insertPlan("INSERT INTO score (points, player) VALUES ('a', -1)");
    expect(swapped.rows.map((row) => fieldsOf('score', row))).toEqual([{ player: 'a', points: -1n }]);
  });

  test('reaches a private table of the owner', () => {
    expect(insertPlan("INSERT INTO secret (id, value) VALUES (2, 'y')").rows).toHaveLength(1);
  });
});

describe('UPDATE', () => {
  const insert = "INSERT INTO setting (key, slot, value) VALUES ('a', 1, 'long value'), ('b', 2, 'y')";
  const rows = insertPlan(insert).rows.map((row) => rowOf('setting', row));
  const relation = new MemoryRelation(schemaOf('setting'), rows);
  const run = (sql: string): readonly unknown[] => {
    const plan = updatePlan(sql);
    return [...acceptedRows(plan.table, relation)].map((row) => fieldsOf('setting', updatedRow(plan, row)));
  };

  test('sets columns of any width in the rows of WHERE', () => {
    expect(run("UPDATE setting SET key = 'longer than before' WHERE slot = 1")).toEqual([
      { key: 'longer than before', slot: 1, value: 'long value' },
    ]);
    expect(run("UPDATE setting SET value = '', slot = 7 WHERE setting.key = 'b'")).toEqual([
      { key: 'b', slot: 7, value: '' },
    ]);
    expect(run("UPDATE setting SET value = 'x', key = 'k', slot = 3, slot = 4")).toEqual([
      { key: 'k', slot: 4, value: 'x' },
      { key: 'k', slot: 4, value: 'x' },
    ]);
  });
});

describe('DELETE', () => {
  test('accepts the rows of WHERE', () => {
    const rows = insertPlan("INSERT INTO score (player, points) VALUES ('a', 1), ('b', 2)").rows;
    const relation = new MemoryRelation(
      schemaOf('score'),
      rows.map((row) => rowOf('score', row)),
    );
    const matching = (sql: string): readonly unknown[] => {
      const plan = compile(sql);
      if (plan.kind !== 'delete') throw new TypeError(`planned as ${plan.kind}: ${sql}`);
      return [...acceptedRows(plan.table, relation)].map((row) => row.value(0));
    };
    expect(matching("DELETE FROM score WHERE player = 'b'")).toEqual(['b']);
    expect(matching('DELETE FROM score WHERE points >= 1')).toEqual(['a', 'b']);
    expect(matching('DELETE FROM score')).toEqual(['a', 'b']);
  });
});
