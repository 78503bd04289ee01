import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesToKey, fromHex, toHex } from '../../../src/bsatn/bytes.ts';
import { type Codec, encode } from '../../../src/bsatn/codec.ts';
import { codecOf } from '../../../src/bsatn/composed-codec.ts';
import { ConnectionId } from '../../../src/bsatn/special/connection-id.ts';
import { bundleModule } from '../../../src/embedded/javascript/bundle.ts';
import { javascriptHost } from '../../../src/embedded/javascript/javascript-host.ts';
import { SubscriptionRefusal, Subscriptions } from '../../../src/embedded/session/subscriptions.ts';
import { bagOf, CountingClient } from '../../support/counting-client.ts';
import { openTestDatabase, type TestDatabase } from '../../support/embedded-database.ts';
import { propertyOptions } from '../../support/property.ts';
import { typescriptProject } from '../../support/typescript-project.ts';
import {
  arbitraryConditionOf,
  type ConditionColumn,
  everyComparison,
  type NaiveCondition,
} from './arbitrary-condition.ts';
import { allColumns, arbitraryDecodedRow, type DecodedRow, everyColumn, sender, someColumns } from './every-column.ts';

/** Two tables with every index that modules can have, and one without any. */
const tableNames = ['l', 'r', 'bare'] as const;
type TableName = (typeof tableNames)[number];

const columnsOf = (isIndexed: boolean): string =>
  everyColumn
    .map(({ name, source, order }, position) => {
      const isKey = isIndexed && !['float', 'bytes'].includes(order);
      return `${name}: ${source}${isKey ? `.index('${position % 2 === 0 ? 'btree' : 'hash'}')` : ''}`;
    })
    .join(', ');

const source = `import { schema, t, table } from 'spacetimedb/server';
const indexed = () => ({ note: t.option(t.string()), ${columnsOf(true)} });
const l = table({ name: 'l', public: true }, indexed());
const r = table({ name: 'r', public: true }, indexed());
const bare = table({ name: 'bare', public: true }, { note: t.option(t.string()), ${columnsOf(false)} });
export default schema({ l, r, bare });`;

/** A database of that module, and how rows lie in its tables. */
interface Fixture extends TestDatabase {
  readonly codec: Codec<unknown>;
}

async function openFixture(): Promise<Fixture> {
  const folder = typescriptProject(source);
  const opened = await openTestDatabase(javascriptHost(await bundleModule(join(folder, 'src/index.ts'), folder)));
  const { tables, typespace } = opened.database.module;
  const elements = tables.find(({ name }) => name.canonical === 'l')?.columns ?? [];
  return { ...opened, codec: codecOf({ tag: 'Product', elements: [...elements] }, { typespace }) };
}

/** The rows of each table by their bytes in hex: tables are sets. */
type State = Readonly<Record<TableName, Map<string, DecodedRow>>>;

interface NaiveQuery {
  readonly sql: string;
  readonly returns: TableName;
  /** The rows of the answer, as often as they are in it. */
  readonly answer: (state: State) => readonly DecodedRow[];
}

/** In the plainest way: every row, or every pair of rows, is asked. */
function naiveQuery(
  sql: string,
  aliases: readonly (readonly [alias: string, table: TableName])[],
  returned: string,
  holds: NaiveCondition<DecodedRow>['holds'],
): NaiveQuery {
  const returns = aliases.find(([alias]) => alias === returned)?.[1] ?? 'l';
  const combined = (state: State): readonly ReadonlyMap<string, DecodedRow>[] =>
    aliases.reduce<readonly ReadonlyMap<string, DecodedRow>[]>(
      (all, [alias, table]) =>
        all.flatMap((rows) => [...state[table].values()].map((row) => new Map([...rows, [alias, row]]))),
      [new Map()],
    );
  return {
    sql,
    returns,
    answer: (state) =>
      combined(state).flatMap((rows) => {
        const row = rows.get(returned);
        return row !== undefined && holds(rows) ? [row] : [];
      }),
  };
}

type Columns = readonly ConditionColumn<DecodedRow>[];

const tableQuery = (columns: Columns): fc.Arbitrary<NaiveQuery> =>
  fc
    .constantFrom(...tableNames)
    .chain((table) =>
      arbitraryConditionOf(columns, [table]).map(({ sql, holds }) =>
        naiveQuery(`SELECT * FROM ${table} WHERE ${sql}`, [[table, table]], table, holds),
      ),
    );

const joinQuery = (columns: Columns): fc.Arbitrary<NaiveQuery> =>
  fc
    .record({
      left: fc.constantFrom(...tableNames),
      right: fc.constantFrom(...tableNames),
      column: fc.constantFrom(...columns),
      isTurned: fc.boolean(),
      hasOn: fc.boolean(),
      returned: fc.constantFrom('a', 'b'),
      condition: fc.option(arbitraryConditionOf(columns, ['a', 'b']), { nil: undefined }),
    })
    .map(({ left, right, column, isTurned, hasOn, returned, condition }) => {
      const sides = [`a.${column.name}`, `b.${column.name}`];
      const link = (isTurned ? sides.reverse() : sides).join(' = ');
      const conditions = [...(hasOn ? [] : [link]), ...(condition === undefined ? [] : [`(${condition.sql})`])];
      const from = `${left} a JOIN ${right} b${hasOn ? ` ON ${link}` : ''}`;
      const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
      const tables = [['a', left] as const, ['b', right] as const];
      return naiveQuery(`SELECT ${returned}.* FROM ${from}${where}`, tables, returned, (rows) => {
        const [one, other] = ['a', 'b'].map((alias) => column.read(rows.get(alias) ?? {}));
        return column.compare(one, other) === 0 && condition?.holds(rows) !== false;
      });
    });

const arbitraryQueries: fc.Arbitrary<readonly NaiveQuery[]> = someColumns.chain((columns) =>
  fc.array(fc.oneof(tableQuery(columns), joinQuery(columns)), { minLength: 1, maxLength: 6 }),
);

/** What a transaction does: the rows that are there by their place, new ones as they are. */
interface Change {
  readonly table: TableName;
  readonly kind: 'insert' | 'delete' | 'update';
  readonly place: number;
  readonly row: DecodedRow;
}

const arbitraryChange: fc.Arbitrary<Change> = fc.record({
  table: fc.constantFrom(...tableNames),
  kind: fc.constantFrom('insert', 'insert', 'insert', 'delete', 'update'),
  place: fc.nat(20),
  row: arbitraryDecodedRow,
});

/** The bytes of rows that were stored. */
const hexOf = new WeakMap<DecodedRow, string>();

/** Runs a transaction on the database and on the state. */
function transact({ database, codec }: Fixture, changes: readonly Change[], state: State): void {
  database.transact((writer) => {
    for (const { table, kind, place, row } of changes) {
      const rows = state[table];
      const old = [...rows.keys()][place % Math.max(rows.size, 1)];
      if (kind !== 'insert' && old !== undefined) {
        const bytes = fromHex(old);
        writer.delete(table, { bytes, key: bytesToKey(bytes), value: () => undefined });
        rows.delete(old);
      }
      // An update keeps most of a row, and may change nothing at all.
      const changed = kind === 'update' && old !== undefined ? { ...row, note: row['note'] } : row;
      if (kind === 'delete') continue;
      const bytes = encode(codec, changed);
      writer.insert(table, bytes);
      rows.set(toHex(bytes), changed);
      hexOf.set(changed, toHex(bytes));
    }
  });
}

function answerOf({ answer, returns }: NaiveQuery, state: State): ReadonlyMap<string, number> {
  const bag = new Map<string, number>();
  for (const row of answer(state)) {
    const key = `${returns} ${hexOf.get(row)}`;
    bag.set(key, (bag.get(key) ?? 0) + 1);
  }
  return bag;
}

/** The queries that may be subscribed to, by the id of their set. The others need indexes that are not there. */
function subscribeTo(
  queries: readonly NaiveQuery[],
  client: CountingClient,
  subscriptions: Subscriptions,
): ReadonlyMap<number, NaiveQuery> {
  return new Map(
    queries.flatMap((query, id) => {
      try {
        const rows = subscriptions.subscribe(client, id, [query.sql]);
        client.sets.set(id, { queries: new Set([query.sql]), held: bagOf(rows) });
        return [[id, query] as const];
      } catch (error) {
        if (
          !(error instanceof SubscriptionRefusal) ||
          !/Subscriptions require indexes on join columns/.test(error.message)
        )
          throw error;
        return [];
      }
    }),
  );
}

test('every value of every type is found by every text of it, under every operator', async () => {
  const fixture = await openFixture();
  const subscriptions = new Subscriptions(fixture.database);
  const state: State = { l: new Map(), r: new Map(), bare: new Map() };
  const most = Math.max(...everyColumn.map(({ values }) => values.length));
  const rows = Array.from({ length: most }, (_, index): DecodedRow => {
    const values = everyColumn.map(({ name, values: some }) => [name, some[index % some.length]] as const);
    return { note: undefined, ...Object.fromEntries(values) };
  });
  for (const table of ['l', 'bare'] as const) {
    transact(
      fixture,
      rows.map((row) => ({ table, kind: 'insert', place: 0, row })),
      state,
    );
  }
  let found = 0;
  const wrong: string[] = [];
  for (const column of allColumns) {
    for (const [index, { sql, holds }] of everyComparison(column, 'x').entries()) {
      // One way round where there are indexes, the other way where there are none.
      const table = index % 2 === 0 ? 'l' : 'bare';
      const query = naiveQuery(`SELECT x.* FROM ${table} x WHERE ${sql}`, [['x', table]], 'x', holds);
      const due = answerOf(query, state);
      const told = bagOf([subscriptions.query(sender, query.sql)]);
      if (told.size !== due.size || [...due.keys()].some((key) => told.get(key) !== 1)) wrong.push(query.sql);
      found += due.size;
    }
  }
  expect(wrong).toEqual([]);
  fixture.database.close();
  expect(found).toBeGreaterThan(10_000);
});

test('queries over every type of column, and what subscriptions make of changes, are what a naive evaluation answers', async () => {
  const fixture = await openFixture();
  const subscribed = { tables: 0, joins: 0, rows: 0 };
  const asker = { identity: sender, connectionId: new ConnectionId(1n) };
  fc.assert(
    fc.property(
      arbitraryQueries,
      fc.array(fc.array(arbitraryChange, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 5 }),
      (queries, transactions) => {
        const subscriptions = new Subscriptions(fixture.database);
        const client = new CountingClient(asker);
        const state: State = { l: new Map(), r: new Map(), bare: new Map() };
        // Something is there already.
        for (const changes of transactions.slice(0, 1)) transact(fixture, changes, state);
        const live = subscribeTo(queries, client, subscriptions);
        for (const { sql } of live.values()) subscribed[sql.includes('JOIN') ? 'joins' : 'tables']++;
        for (const changes of transactions) {
          transact(fixture, changes, state);
          for (const [id, one] of queries.entries()) {
            const expected = answerOf(one, state);
            subscribed.rows += expected.size;
            expect([one.sql, bagOf([subscriptions.query(sender, one.sql)])]).toEqual([one.sql, expected]);
            if (live.has(id)) expect([one.sql, client.sets.get(id)?.held]).toEqual([one.sql, expected]);
          }
        }
        subscriptions.drop(client);
        transact(
          fixture,
          tableNames.flatMap((table) =>
            [...state[table].keys()].map(() => ({ table, kind: 'delete', place: 0, row: {} }) as const),
          ),
          state,
        );
      },
    ),
    propertyOptions(80),
  );
  fixture.database.close();
  // It asked what it was to ask.
  expect(Math.min(subscribed.tables, subscribed.joins, subscribed.rows)).toBeGreaterThan(10);
});
