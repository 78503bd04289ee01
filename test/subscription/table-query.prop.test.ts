import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ConnectionId, encode, Identity, ScheduleAt, TimeDuration, Timestamp, Uuid } from '../../src/bsatn/index.ts';
import { type QueryColumn, type QueryCondition } from '../../src/subscription/query-condition.ts';
import { type ComparableKind, type ComparableValue } from '../../src/subscription/sql-literal.ts';
import { type QueryContext } from '../../src/subscription/table-query.ts';
import {
  type EveryType,
  everyTypeCodec,
  putEveryTypeArgsCodec,
  type SpacetimeDbClient,
  tables,
} from '../generated/reference/index.ts';
import { type LiveServer, startLiveServer } from '../support/live-clients.ts';
import { propertyOptions } from '../support/property.ts';

/** Few values of each type, so that comparisons often hold; with those that are hard to write in SQL. */
const pools = {
  id: [0, 1, 2, 3, 4294967295],
  aBool: [true, false],
  aU8: [0, 1, 255],
  aU16: [0, 1, 65535],
  aU64: [0n, 1n, 2n ** 64n - 1n],
  aU128: [0n, 1n, 2n ** 128n - 1n],
  aU256: [0n, 1n, 2n ** 256n - 1n],
  aI8: [-128, 0, 127],
  aI16: [-32768, 0, 32767],
  aI32: [-(2 ** 31), -1, 0, 2 ** 31 - 1],
  aI64: [-(2n ** 63n), -1n, 2n ** 63n - 1n],
  aI128: [-(2n ** 127n), 0n, 2n ** 127n - 1n],
  aI256: [-(2n ** 255n), 0n, 2n ** 255n - 1n],
  aF32: [0, -0, 0.5, Math.fround(0.1), -Infinity, Infinity, Math.fround(3.4e38), Math.fround(1e-45)],
  aF64: [0, -0, 0.1, 1e21, -1e300, 5e-324, Infinity, -Infinity],
  aString: ['', 'a', "it's", '\\', 'a\n', '😀', '￿', '--', '/*', '"', 'NULL', '5', '\u0000'],
  bytes: [new Uint8Array(), new Uint8Array([0]), new Uint8Array([0xde, 0xad]), new Uint8Array([0xde])],
  anIdentity: [new Identity(0n), new Identity(1n), new Identity(2n ** 256n - 1n)],
  aConnection: [new ConnectionId(0n), new ConnectionId(2n ** 128n - 1n)],
  aTimestamp: [
    new Timestamp(0n),
    new Timestamp(-1n),
    new Timestamp(1_739_202_330_000_001n),
    new Timestamp(253_402_300_799_999_999n),
  ],
  aUuid: [new Uuid(0n), new Uuid(1n), new Uuid(2n ** 128n - 1n)],
} satisfies Readonly<Record<string, readonly ComparableValue[]>>;
type Property = keyof typeof pools;
type Value = ComparableValue;

const properties: readonly Property[] = Object.keys(pools).filter((name): name is Property =>
  Object.hasOwn(pools, name),
);
const picked = (property: Property): fc.Arbitrary<Value> => fc.constantFrom<Value>(...pools[property]);

const rows: fc.Arbitrary<readonly EveryType[]> = fc.uniqueArray(
  fc.tuple(...properties.map(picked)).map((values): EveryType => ({
    ...(Object.fromEntries(properties.map((name, index) => [name, values[index]])) as Pick<EveryType, Property>),
    numbers: [],
    nested: [],
    aDuration: new TimeDuration(0n),
    aSchedule: ScheduleAt.time(new Timestamp(0n)),
    maybe: undefined,
    maybeMaybe: undefined,
    outcome: { ok: 1 },
    status: { tag: 'Active', value: 1n },
    statuses: [],
    kind: { tag: 'Player' },
  })),
  { selector: ({ id }) => id, minLength: 3, maxLength: 5 },
);

type Predicate =
  | { readonly kind: 'value'; readonly property: Property; readonly operator: Operator; readonly value: Value }
  | { readonly kind: 'column'; readonly property: Property; readonly operator: Operator; readonly other: Property }
  | { readonly kind: 'sender'; readonly operator: Operator }
  | { readonly kind: 'and' | 'or'; readonly left: Predicate; readonly right: Predicate };

const operators = ['eq', 'ne', 'lt', 'lte', 'gt', 'gte'] as const;
type Operator = (typeof operators)[number];

/** Columns of the same type in this table: each with itself, and none with another. */
const { predicate: predicates } = fc.letrec<{ predicate: Predicate }>((tie) => ({
  predicate: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom(...properties).chain((property) =>
      fc.record({
        kind: fc.constant('value' as const),
        property: fc.constant(property),
        operator: fc.constantFrom(...operators),
        value: picked(property),
      }),
    ),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      left: tie('predicate'),
      right: tie('predicate'),
    }),
    fc.constantFrom(...properties).chain((property) =>
      fc.record({
        kind: fc.constant('column' as const),
        property: fc.constant(property),
        operator: fc.constantFrom(...operators),
        other: fc.constant(property),
      }),
    ),
    fc.record({ kind: fc.constant('sender' as const), operator: fc.constantFrom(...operators) }),
  ),
}));

/** The condition as a user writes it; which value goes with which column is checked by the types in other tests. */
function conditionOf(
  predicate: Predicate,
  row: Readonly<Record<Property, QueryColumn<never>>>,
  context: QueryContext,
): QueryCondition {
  switch (predicate.kind) {
    case 'value':
      return row[predicate.property][predicate.operator](predicate.value as never);
    case 'column':
      return row[predicate.property][predicate.operator](row[predicate.other]);
    case 'sender':
      return row.anIdentity[predicate.operator](context.sender as never);
    case 'and':
    case 'or':
      return conditionOf(predicate.left, row, context)[predicate.kind](conditionOf(predicate.right, row, context));
  }
}

/** What the same condition says of a row in JavaScript. */
function holds(predicate: Predicate, row: EveryType, sender: Identity): boolean {
  switch (predicate.kind) {
    case 'value':
      return compared(row[predicate.property], predicate.operator, predicate.value);
    case 'column':
      return compared(row[predicate.property], predicate.operator, row[predicate.other]);
    case 'sender':
      return compared(row.anIdentity, predicate.operator, sender);
    case 'and':
      return holds(predicate.left, row, sender) && holds(predicate.right, row, sender);
    case 'or':
      return holds(predicate.left, row, sender) || holds(predicate.right, row, sender);
  }
}

function compared(left: Value, operator: Operator, right: Value): boolean {
  const order = compare(left, right);
  switch (operator) {
    case 'eq':
      return order === 0;
    case 'ne':
      return order !== 0;
    case 'lt':
      return order < 0;
    case 'lte':
      return order <= 0;
    case 'gt':
      return order > 0;
    case 'gte':
      return order >= 0;
  }
}

function compare(left: Value, right: Value): number {
  if (left instanceof Uint8Array && right instanceof Uint8Array) return Buffer.compare(left, right);
  if (typeof left === 'string' && typeof right === 'string')
    return Buffer.compare(Buffer.from(left), Buffer.from(right));
  const [a, b] = [plain(left), plain(right)];
  return a === b ? 0 : a < b ? -1 : 1;
}

function plain(value: Value): number | bigint {
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  if (value instanceof Timestamp) return value.micros;
  if (typeof value === 'string' || value instanceof Uint8Array) throw new TypeError('compared by their bytes');
  return value.value;
}

let live: LiveServer;
let client: SpacetimeDbClient;
beforeAll(async () => {
  live = await startLiveServer();
  client = await live.connect([]);
});
afterAll(() => live[Symbol.asyncDispose]());

function put(all: readonly EveryType[]): void {
  live.server.query('DELETE FROM every_type');
  for (const row of all) live.server.call('put_every_type', encode(putEveryTypeArgsCodec, { row }));
}

const bytesOf = (all: readonly EveryType[]): readonly string[] =>
  all.map((row) => Buffer.from(encode(everyTypeCodec, row)).toString('hex')).sort();

test('a typed query has the rows that the same condition selects in JavaScript', async () => {
  const inputs = fc.record({ all: rows, predicates: fc.array(predicates, { minLength: 5, maxLength: 5 }) });
  await fc.assert(
    fc.asyncProperty(inputs, async ({ all, predicates: asked }) => {
      put(all);
      const sender = client.identity.value;
      if (sender === undefined) throw new Error('not connected');
      for (const predicate of asked) {
        const query = tables.everyType.where((row, context) => conditionOf(predicate, row as never, context));
        const answer = await client.subscriptions.oneOffQuery(query);
        expect(bytesOf(answer)).toEqual(bytesOf(all.filter((row) => holds(predicate, row, sender))));
      }
    }),
    propertyOptions(200),
  );
});

test('a semijoin has the rows that there is a partner of, and a subscription to it the same', async () => {
  const inputs = fc.record({
    all: rows,
    rooms: fc.array(fc.tuple(fc.nat({ max: 4 }), fc.constantFrom('a', 'b')), { maxLength: 6 }),
    text: fc.constantFrom('a', 'b'),
  });
  await fc.assert(
    fc.asyncProperty(inputs, async ({ all, rooms, text }) => {
      put(all);
      live.server.query('DELETE FROM message');
      for (const [room, said] of rooms) live.server.call('say', [room, said]);
      const spoken = tables.message.where((m) => m.text.eq(text));
      const rowsWith = tables.everyType.leftSemijoin(spoken, (e, m) => e.id.eq(m.room));
      const partners = new Set(rooms.filter(([, said]) => said === text).map(([room]) => room));
      const expected = all.filter(({ id }) => partners.has(id));
      const unique = new Set(bytesOf(await client.subscriptions.oneOffQuery(rowsWith)));
      expect([...unique]).toEqual(bytesOf(expected));
      const messages = await client.subscriptions.oneOffQuery(
        tables.everyType.rightSemijoin(spoken, (e, m) => m.room.eq(e.id)),
      );
      const ids = new Set(all.map(({ id }) => id));
      expect(messages.map(({ room }) => String(room)).sort()).toEqual(
        rooms.flatMap(([room, said]) => (said === text && ids.has(room) ? [String(room)] : [])).sort(),
      );
      const handle = client.subscriptions.subscribe([rowsWith]);
      await handle.applied;
      expect(bytesOf(client.everyType.rows.value)).toEqual(bytesOf(expected));
      await handle.unsubscribe();
    }),
    propertyOptions(40),
  );
});

test('every type that can be compared is in the pools', () => {
  const kinds: Readonly<Record<ComparableKind, Property>> = {
    bool: 'aBool',
    i8: 'aI8',
    u8: 'aU8',
    i16: 'aI16',
    u16: 'aU16',
    i32: 'aI32',
    u32: 'id',
    i64: 'aI64',
    u64: 'aU64',
    i128: 'aI128',
    u128: 'aU128',
    i256: 'aI256',
    u256: 'aU256',
    f32: 'aF32',
    f64: 'aF64',
    string: 'aString',
    bytes: 'bytes',
    identity: 'anIdentity',
    connectionId: 'aConnection',
    timestamp: 'aTimestamp',
    uuid: 'aUuid',
  };
  expect(new Set(Object.values(kinds))).toEqual(new Set(properties));
});
