import { encodedRows } from '../support/encoded-rows.ts';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../src/bsatn/bytes.ts';
import { type Codec } from '../../src/bsatn/codec.ts';
import { codecOf } from '../../src/bsatn/composed-codec.ts';
import { type ColumnDefinitions, type KeyValue, type TableDefinition } from '../../src/store/definition.ts';
import { mapKeyOf } from '../../src/store/key.ts';
import { noRows, type RowChanges } from '../../src/store/step.ts';
import { createEventTable, createKeyedTable, createPlainTable } from '../../src/store/table-handles.ts';
import { readServerPayload } from '../../src/wire/frame.ts';
import { type QuerySetUpdate, type ServerMessage, type TableRows } from '../../src/wire/server-message.ts';
import { type ProtocolVersion, versionOfSubprotocol } from '../../src/wire/version.ts';
import { referenceModule, referenceTypespace } from '../support/golden/reference-schema.ts';
import { loadTranscript, type Transcript, transcriptNames } from '../support/golden/transcript.ts';
import { TestStore } from './support/rows.ts';
import { inflated } from '../../src/embedded/kit/inflated.ts';

type Row = Readonly<Record<string, unknown>>;

/** A store with all tables and views of the reference module. */
function referenceStore(): TestStore {
  const server = new TestStore();
  const { tables, views } = referenceModule;
  const relations = [...tables, ...views.map((view) => ({ ...view, isEvent: false }))];
  for (const { name, columns, primaryKey, isEvent } of relations) {
    const codecs = Object.fromEntries(
      columns.map((column) => {
        const codec = codecOf(column.type, { typespace: referenceTypespace });
        return [column.name ?? '', { name: column.name ?? '', codec }];
      }),
    );
    const definition: TableDefinition<Row> = {
      name: name.canonical,
      columns: codecs satisfies ColumnDefinitions<Row>,
      codec: codecOf({ tag: 'Product', elements: columns }, { typespace: referenceTypespace }) as Codec<Row>,
    };
    const key = primaryKey === undefined ? undefined : columns[primaryKey]?.name;
    if (isEvent) createEventTable(server.store, definition);
    else if (key === undefined) createPlainTable(server.store, definition);
    else
      createKeyedTable(server.store, { ...definition, keyColumn: key, keyOf: (row) => mapKeyOf(row[key] as KeyValue) });
  }
  return server;
}

/** What a message says about rows, as a step. */
function apply(server: TestStore, message: ServerMessage): void {
  switch (message.tag) {
    case 'SubscribeApplied':
      return server.step(...snapshotOf(message.querySetId, message.tables));
    case 'UnsubscribeApplied':
      return server.forget([message.querySetId]);
    case 'TransactionUpdate':
      return server.step(...changesOf(message.querySets));
    case 'ReducerResult':
      return server.step(...(message.outcome.tag === 'Ok' ? changesOf(message.outcome.querySets) : []));
    case 'InitialConnection':
    case 'SubscriptionError':
    case 'OneOffQueryResult':
    case 'ProcedureResult':
      return undefined;
  }
}

function snapshotOf(querySetId: number, tables: readonly TableRows[]): RowChanges[] {
  return tables.map(({ table, rows }) => ({
    querySetId,
    table,
    rows: { tag: 'PersistentTable', inserts: rows, deletes: noRows },
  }));
}

function changesOf(querySets: readonly QuerySetUpdate[]): RowChanges[] {
  return querySets.flatMap(({ querySetId, tables }) =>
    tables.flatMap(({ table, rows }) => rows.map((update) => ({ querySetId, table, rows: update }))),
  );
}

type EncodedRows = ReadonlyMap<string, readonly string[]>;

/** What a connection holds, what it should hold, and the step of the transcript that says so. */
interface Comparison {
  readonly step: number;
  readonly held: EncodedRows;
  readonly expected: EncodedRows;
  readonly errors: readonly unknown[];
}

/** Applies every message of a transcript, and compares whenever it says what the connections hold. */
function replay({ name, steps }: Transcript): readonly Comparison[] {
  // The random ones were not asked for views.
  const leftOut = new Set(name.startsWith('random-') ? referenceModule.views.map((view) => view.name.canonical) : []);
  const connections = new Map<string, { readonly server: TestStore; readonly version: ProtocolVersion }>();
  const comparisons: Comparison[] = [];
  for (const [index, step] of steps.entries()) {
    if (step.kind === 'open') {
      const version = versionOfSubprotocol(step.subprotocol) ?? 'v2';
      connections.set(step.connection, { server: referenceStore(), version });
    } else if (step.kind === 'receive') {
      const connection = connections.get(step.connection);
      if (connection === undefined) throw new Error(`connection ${step.connection} was never opened`);
      for (const message of readServerPayload(inflated(step.frame), connection.version))
        apply(connection.server, message);
    } else if (step.kind === 'expect') {
      for (const [connection, tables] of step.rows) {
        const server = connections.get(connection)?.server ?? new TestStore();
        const expected = new Map([...tables].filter(([, rows]) => rows.length > 0));
        comparisons.push({ step: index, held: rowsOf(server, leftOut), expected, errors: server.errors });
      }
    }
  }
  return comparisons;
}

/** The rows of a store in hex, sorted, by table, without empty tables. */
function rowsOf({ store }: TestStore, leftOut: ReadonlySet<string>): EncodedRows {
  const tables = [...store.tables()].filter(({ name, size }) => size > 0 && !leftOut.has(name));
  return new Map(tables.map((table) => [table.name, encodedRows(table).map(toHex).sort()]));
}

describe('the store holds what a real server says it does', () => {
  const transcripts = transcriptNames()
    .map(loadTranscript)
    .filter(({ steps }) => steps.some(({ kind }) => kind === 'expect'));

  test.each(transcripts.map((transcript) => [transcript.name, transcript] as const))('in %s', (_, transcript) => {
    const comparisons = replay(transcript);
    expect(comparisons.length).toBeGreaterThan(0);
    for (const { step, held, expected, errors } of comparisons) {
      expect(errors, `errors before step ${step}`).toEqual([]);
      expect(held, `rows at step ${step}`).toEqual(expected);
    }
  });

  test('in transcripts of overlapping sets, moves, joins, views and tables without primary key', () => {
    const names = transcripts.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['no-primary-key', 'overlapping-queries', 'random-11', 'row-moves-between-sets', 'views']),
    );
  });
});
