import { describe, expect, expectTypeOf, test } from 'vitest';
import { encode, Identity, Timestamp } from '../../src/bsatn/index.ts';
import { type Query } from '../../src/index.ts';
import { type TypedQuery } from '../../src/subscription/query.ts';
import { type RowsQuery } from '../../src/subscription/table-query.ts';
import { type Message, messageCodec, type Note, tables, type User } from '../generated/reference/index.ts';

const { entity, everyType, message, note, user } = tables;

describe('a query', () => {
  test('of a table is for all its rows', () => {
    expect(note.toSql()).toBe('SELECT * FROM "note"');
    expect(note.table).toBe('note');
  });

  test.each<readonly [TypedQuery, string]>([
    [user.where((u) => u.online.eq(true)), '"online" = TRUE'],
    [note.where((n) => n.createdAt.ne(n.createdAt)), '"created_at" <> "created_at"'],
    [note.where((n) => n.id.lt(5n).and(n.title.gte('a'))), '("id" < 5) AND ("title" >= \'a\')'],
    [
      note.where((n) => n.id.lte(5n).or(n.id.gt(7n).and(n.folder.eq("it's")))),
      `("id" <= 5) OR (("id" > 7) AND ("folder" = 'it''s'))`,
    ],
    [note.where((n) => n.id.eq(1n)).where((n) => n.body.eq('')), '("id" = 1) AND ("body" = \'\')'],
    [note.where((n, { sender }) => n.owner.eq(sender)), '"owner" = :sender'],
  ])('selects rows: %#', (query, condition) => {
    expect(query.toSql()).toBe(`SELECT * FROM "${query.table}" WHERE ${condition}`);
  });

  test('returns the rows of the left table that a semijoin finds', () => {
    const query = user
      .where((u) => u.online.eq(true))
      .leftSemijoin(
        user.where((other) => other.joined.gt(other.joined)),
        (left, right) => left.identity.eq(right.identity),
      )
      .where((u) => u.identity.ne(new Identity(1n)));
    expect(query.table).toBe('user');
    expect(query.toSql()).toBe(
      'SELECT "l".* FROM "user" AS "l" JOIN "user" AS "r" ON "l"."identity" = "r"."identity" ' +
        `WHERE ("l"."online" = TRUE) AND ("l"."identity" <> 0x${'1'.padStart(64, '0')}) AND ("r"."joined" > "r"."joined")`,
    );
  });

  test('returns the rows of the right table, decoded as such', () => {
    const query = entity.rightSemijoin(
      message.where((m) => m.text.eq('hi')),
      (e, m) => m.room.eq(e.entityId),
    );
    expect(query.table).toBe('message');
    expect(query.toSql()).toBe(
      'SELECT "r".* FROM "entity" AS "l" JOIN "message" AS "r" ON "r"."room" = "l"."entity_id" WHERE "r"."text" = \'hi\'',
    );
    const row: Message = { id: 1n, room: 2, sender: new Identity(3n), text: 'hi', sent: new Timestamp(4n) };
    expect(query.decodeRow(encode(messageCodec, row))).toEqual(row);
  });

  test('refuses a value that the column cannot hold, where it is written', () => {
    const problem = 'a query cannot compare column';
    expect(() => message.where((m) => m.room.eq(-1))).toThrow(
      new RangeError(`${problem} room: -1 is not a value of u32`),
    );
    expect(() => note.where((n) => n.id.eq(2n ** 63n))).toThrow(RangeError);
    expect(() => everyType.where((e) => e.aF64.lt(NaN))).toThrow(
      new RangeError(`${problem} a_f_64: NaN has no literal in SQL: nothing can be compared with it`),
    );
    // What callers without a compiler write.
    expect(() => message.where((m) => m.room.eq(JSON.parse('"3"')))).toThrow(
      new TypeError(`${problem} room: a string is not a value of u32`),
    );
    expect(() => note.where((n) => n.id.eq(JSON.parse('3')))).toThrow(
      new TypeError(`${problem} id: Cannot convert 3 to a BigInt`),
    );
  });

  test('refuses columns of two tables without a semijoin', () => {
    const nested = (): unknown => note.where((n) => (message.where((m) => m.text.eq(n.title)), n.title.eq('')));
    const stray = (): unknown =>
      message.where((m) => {
        note.where(() => m.room.eq(1));
        return m.room.eq(1);
      });
    expect(nested).toThrow('a condition is about one table');
    expect(stray).toThrow('a condition is about one table');
  });

  test('names two tables at most', () => {
    const joined = user.leftSemijoin(user, (left, right) => left.identity.eq(right.identity));
    expect(() => user.leftSemijoin(joined, () => ({ sql: '' }))).toThrow('two tables at most');
  });
});

describe('the compiler', () => {
  test('knows the rows', () => {
    expectTypeOf(user.where((u) => u.online.eq(true))).toExtend<TypedQuery<User>>();
    expectTypeOf(note.leftSemijoin(note, (a, b) => a.id.eq(b.id))).toExtend<RowsQuery<Note, unknown>>();
    expectTypeOf(
      entity.rightSemijoin(message, (e, m) => e.entityId.eq(m.room)).decodeRow,
    ).returns.toEqualTypeOf<Message>();
    expectTypeOf(user.where((u) => u.online.eq(true))).toExtend<Query>();
  });

  test('refuses what the server does not compare', () => {
    // Each of these lines is an error of the compiler; none is run.
    const wrong = (): void => {
      // @ts-expect-error a number is no boolean
      user.where((u) => u.online.eq(1));
      // @ts-expect-error 64 bits are a bigint
      note.where((n) => n.id.eq(1));
      // @ts-expect-error an option cannot be compared
      user.where((u) => u.name.eq('x'));
      // @ts-expect-error nor can a sum, an array, a duration or a schedule
      everyType.where((e) => e.status.eq(e.status));
      // @ts-expect-error nor can a list
      everyType.where((e) => e.numbers.eq([]));
      // @ts-expect-error nor can a duration
      everyType.where((e) => e.aDuration.eq(e.aDuration));
      // @ts-expect-error columns of two types
      everyType.where((e) => e.id.eq(e.aI32));
      // @ts-expect-error a text is not whoever asks
      note.where((n, { sender }) => n.title.eq(sender));
      // @ts-expect-error there is no negation
      note.where((n) => n.id.eq(1n).not());
      // @ts-expect-error a column is no condition
      user.where((u) => u.online);
    };
    expect(wrong).toBeTypeOf('function');
  });

  test('refuses joins that the server refuses', () => {
    const wrong = (): void => {
      // @ts-expect-error this column has no index
      message.leftSemijoin(message, (a, b) => a.sender.eq(b.sender));
      // @ts-expect-error columns of two types
      message.leftSemijoin(note, (a, b) => a.id.eq(b.id));
      // @ts-expect-error both columns are of one side
      message.leftSemijoin(message, (a) => a.id.eq(a.id));
      // @ts-expect-error joins know equality only
      message.leftSemijoin(message, (a, b) => a.id.lt(b.id));
      // @ts-expect-error the rows of an event table are not stored
      message.leftSemijoin(tables.chatEvent, (a, b) => a.room.eq(b.room));
      // @ts-expect-error a view has no index
      message.leftSemijoin(tables.lobby, (a, b) => a.id.eq(b.id));
    };
    expect(wrong).toBeTypeOf('function');
  });
});
