import { describe, expect, test } from 'vitest';
import { type AlgebraicType, type NamedType, type Typespace } from '../../../src/bsatn/algebraic-type.ts';
import { type MigrationPlan, planMigration } from '../../../src/embedded/reload/migration.ts';
import { holdsOldValues } from '../../../src/embedded/reload/type-extension.ts';
import { moduleWithTables, table } from '../../support/module-model.ts';

const unit: AlgebraicType = { tag: 'Product', elements: [] };
const u8: AlgebraicType = { tag: 'U8' };
const text: AlgebraicType = { tag: 'String' };
const named = (parts: Readonly<Record<string, AlgebraicType>>): readonly NamedType[] =>
  Object.entries(parts).map(([name, type]) => ({ name, type }));
const sum = (parts: Readonly<Record<string, AlgebraicType>>): AlgebraicType => ({ tag: 'Sum', variants: named(parts) });
const columns = (parts: Readonly<Record<string, AlgebraicType>>) => ({ columns: named(parts) });

const cat = columns({ id: u8, name: text });

/** What becomes of one table with two rows that is `cat` before. */
function from(before: typeof cat, after: Parameters<typeof table>[1], rows = 2): MigrationPlan {
  return planMigration(moduleWithTables([table('cat', before)]), moduleWithTables([table('cat', after)]), () => rows);
}

describe('a migration', () => {
  test('of the same table keeps its rows as they are', () => {
    expect(from(cat, { ...cat, isPublic: false, primaryKey: 0 })).toEqual({
      migration: { tables: new Map([['cat', { appended: new Uint8Array() }]]), changes: [] },
    });
  });

  test('gives appended columns their defaults, in the order of the columns', () => {
    const after = {
      ...columns({ id: u8, name: text, age: u8, mood: sum({ calm: unit }) }),
      defaults: [
        { column: 3, value: Uint8Array.of(0) },
        { column: 2, value: Uint8Array.of(9) },
      ],
    };
    expect(from(cat, after)).toEqual({
      migration: {
        tables: new Map([['cat', { appended: Uint8Array.of(9, 0) }]]),
        changes: ['cat.age is new', 'cat.mood is new'],
      },
    });
  });

  test.each([
    ['a column that is gone', columns({ id: u8 }), ['cat.name is gone']],
    ['a column with another type', columns({ id: u8, name: u8 }), ['cat.name was String and is U8']],
    [
      'columns in another order',
      columns({ name: text, id: u8 }),
      ['cat.id has another place among the columns', 'cat.name has another place among the columns'],
    ],
    [
      'a column in front',
      columns({ key: u8, id: u8, name: text }),
      [
        'cat.id has another place among the columns',
        'cat.name has another place among the columns',
        'cat.key is new and not behind the other columns',
      ],
    ],
    [
      'a column with another name',
      columns({ id: u8, title: text }),
      ['cat.name is gone', 'cat.title is new and not behind the other columns'],
    ],
    [
      'a column without a default',
      columns({ id: u8, name: text, age: u8 }),
      ['cat.age is new and has no default for 2 rows'],
    ],
    ['another kind of table', { ...cat, isEvent: true }, ['cat is an event table now']],
  ])('is refused for %s, unless there are no rows', (_, after, problems) => {
    expect(from(cat, after)).toEqual({ problems });
    expect(from(cat, after, 0)).toMatchObject({
      migration: { changes: problems.map((problem) => problem.replace('2 rows', '0 rows')) },
    });
  });

  test('adds tables, and takes away those that are empty', () => {
    const [before, after] = [
      [table('cat', cat), table('dog', cat)],
      [table('cat', cat), table('cow', cat)],
    ];
    const plan = (rows: number) => planMigration(moduleWithTables(before), moduleWithTables(after), () => rows);
    expect(plan(0)).toMatchObject({ migration: { changes: ['table dog is gone', 'table cow is new'] } });
    expect(plan(1)).toEqual({ problems: ['table dog is gone, which has 1 row'] });
  });
});

describe('a type that is extended', () => {
  const ref = (index: number): AlgebraicType => ({ tag: 'Ref', ref: index });
  const list: AlgebraicType = {
    tag: 'Product',
    elements: named({ value: u8, next: sum({ some: ref(0), none: unit }) }),
  };
  const holds = (old: AlgebraicType, now: AlgebraicType, oldSpace: Typespace = [], newSpace: Typespace = oldSpace) =>
    holdsOldValues([old, oldSpace], [now, newSpace]);

  test('holds what it held, and nothing else does', () => {
    expect(holds(sum({ a: unit, b: u8 }), sum({ a: unit, b: u8, c: text }))).toBe(true);
    expect(
      holds({ tag: 'Array', element: sum({ a: unit }) }, { tag: 'Array', element: sum({ a: unit, b: unit }) }),
    ).toBe(true);
    expect(holds(sum({ a: unit, b: u8 }), sum({ b: u8, a: unit }))).toBe(false);
    expect(holds(sum({ a: unit, b: u8 }), sum({ a: unit }))).toBe(false);
    expect(holds(sum({ a: u8 }), sum({ a: text }))).toBe(false);
    expect(
      holds({ tag: 'Product', elements: named({ a: u8 }) }, { tag: 'Product', elements: named({ a: u8, b: u8 }) }),
    ).toBe(false);
    expect(holds(u8, text)).toBe(false);
  });

  test('may contain itself, under other numbers', () => {
    expect(
      holds(
        ref(0),
        ref(1),
        [list],
        [u8, { ...list, elements: named({ value: u8, next: sum({ some: ref(1), none: unit }) }) }],
      ),
    ).toBe(true);
    expect(
      holds(
        ref(0),
        ref(1),
        [list],
        [u8, { ...list, elements: named({ value: text, next: sum({ some: ref(1), none: unit }) }) }],
      ),
    ).toBe(false);
  });
});
