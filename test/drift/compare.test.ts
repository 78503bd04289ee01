import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareShapes } from '../../src/drift/compare.ts';
import { type FunctionShape, type ModuleShape, type NamedShape, type TableShape } from '../../src/module-def/index.ts';
import { propertyOptions } from '../support/property.ts';

const complete = { isComplete: true };
const table = (columns: readonly NamedShape[], parts: Partial<TableShape> = {}): TableShape => ({
  name: 'cat',
  columns,
  ...parts,
});
const id = ['id', 'U32'] as const;
const name = ['name', 'String'] as const;
const age = ['age', 'U8'] as const;
const before = table([id, name, age], { key: 'id' });

/** What is said of the table, without what is said of every one. */
function differenceOf(expected: TableShape, actual: TableShape, limits = complete): string | undefined {
  const module = (shape: TableShape): ModuleShape => ({ tables: [shape], reducers: [], procedures: [] });
  const [{ message } = { message: undefined }] = compareShapes(module(expected), module(actual), limits);
  return message
    ?.replace(/^table cat (?:of the server does not fit|may hold rows that) the generated code(?: cannot read)?: /, '')
    .replace('; run `generate` and build again', '');
}

describe('of a table is said', () => {
  test.each([
    ['a new column', table([id, name, ['lives', 'U8'], age], { key: 'id' }), 'column lives (U8) is new'],
    ['one that is gone', table([id, age], { key: 'id' }), 'column name (String) is gone'],
    [
      'another type',
      table([id, name, ['age', 'I64']], { key: 'id' }),
      'column age is I64 on the server and U8 in the code',
    ],
    [
      'another place',
      table([name, age, id], { key: 'id' }),
      'column id is number 3 on the server and number 1 in the code',
    ],
    [
      'another key',
      table([id, name, age], { key: 'name' }),
      'its primary key is name on the server and id in the code',
    ],
    ['no key', table([id, name, age]), 'its primary key is nothing on the server and id in the code'],
    [
      'that it is an event table now',
      table([id, name, age], { isEvent: true }),
      'its rows are announced on the server and stored in the code',
    ],
    [
      'no more than a reader can take in',
      table(
        [
          ['a', 'U8'],
          ['b', 'U8'],
          ['c', 'U8'],
        ],
        { key: 'id' },
      ),
      'column id (U32) is gone; column name (String) is gone; column age (U8) is gone; column a (U8) is new; and 2 more',
    ],
  ])('%s', (_, actual, difference) => {
    expect(differenceOf(before, actual)).toBe(difference);
  });

  test('nothing where it is the same, or known by a key of which the code knows nothing', () => {
    expect(differenceOf(before, { ...before })).toBeUndefined();
    expect(differenceOf(table([id, name]), table([id, name], { key: 'id' }))).toBeUndefined();
  });

  test('that some of its rows can be read, where only variants are new', () => {
    const mood = (type: string): TableShape => table([id, ['mood', type]]);
    const [two, three] = ['Array<(calm | cross: U8)>', 'Array<(calm | cross: U8 | wild)>'];
    const shapes = [mood(two), mood(three)].map((each) => ({ tables: [each], reducers: [], procedures: [] }));
    const [ours = { tables: [], reducers: [], procedures: [] }, theirs = ours] = shapes;
    expect(compareShapes(ours, theirs, complete)).toEqual([
      {
        table: 'cat',
        column: 'mood',
        isReadable: true,
        message: `table cat may hold rows that the generated code cannot read: column mood is ${three} on the server and ${two} in the code; run \`generate\` and build again`,
      },
    ]);
    expect(compareShapes(theirs, ours, complete)).toEqual([]);
    expect(differenceOf(mood(two), table([id, name, ['mood', three]]))).toContain('column name (String) is new');
  });

  test('that it is gone', () => {
    const [shapes, none] = [
      { tables: [before], reducers: [], procedures: [] },
      { tables: [], reducers: [], procedures: [] },
    ];
    expect(compareShapes(shapes, none, complete)).toEqual([
      {
        message: 'the server has no table cat any more, which the generated code knows; run `generate` and build again',
        table: 'cat',
      },
    ]);
    expect(compareShapes(none, shapes, complete)).toEqual([]);
  });

  test('nothing of what version 9 of a schema does not know', () => {
    const old = { isComplete: false };
    const event = table([id, name], { isEvent: true });
    expect(differenceOf(event, table([id, name], { key: 'id' }), old)).toBeUndefined();
    expect(differenceOf(before, table([id, name, age]), old)).toBeUndefined();
    expect(differenceOf(before, table([id, name], { key: 'id' }), old)).toBe('column age (U8) is gone');
  });

  test('where a long type begins to differ', () => {
    const long = (last: string): string =>
      `{ ${Array.from({ length: 60 }, (_, index) => `field${index}: U8`).join(', ')}, last: ${last} }`;
    const difference = differenceOf(table([['stats', long('U8')]]), table([['stats', long('Bool')]]));
    expect(difference).toMatch(/^column stats is ….*, last: Bool \} on the server and ….*, last: U8 \} in the code$/);
    expect(difference?.length).toBeLessThan(320);
  });
});

test('as few columns as possible are said to have moved', () => {
  const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), { minLength: 1 });
  const orders = names.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })));
  fc.assert(
    fc.property(orders, ([left, right]) => {
      const columns = (order: readonly string[]): TableShape => table(order.map((each) => [each, 'U8']));
      const moved = [...(differenceOf(columns(left), columns(right)) ?? '').matchAll(/column (\w) is number/g)].map(
        ([, each]) => each,
      );
      const more = Number(/and (\d+) more/.exec(differenceOf(columns(left), columns(right)) ?? '')?.[1] ?? 0);
      expect(moved.length + more).toBe(left.length - longestCommon(left, right));
      const kept = (order: readonly string[]): string[] => order.filter((each) => !moved.includes(each));
      if (more === 0) expect(kept(left)).toEqual(kept(right));
    }),
    propertyOptions(300),
  );
});

/** The length of the longest list that is left of both when names are taken out: every one is tried. */
function longestCommon(left: readonly string[], right: readonly string[]): number {
  const [first, ...rest] = left;
  if (first === undefined) return 0;
  const at = right.indexOf(first);
  const without = longestCommon(rest, right);
  return at === -1 ? without : Math.max(without, 1 + longestCommon(rest, right.slice(at + 1)));
}

describe('of a reducer or procedure is said', () => {
  const say: FunctionShape = {
    name: 'say',
    parameters: [
      ['room', 'U32'],
      ['text', 'String'],
    ],
  };

  test.each([
    ['that it is gone', undefined, 'it is gone'],
    [
      'what it takes',
      { ...say, parameters: [['text', 'String']] as const },
      'it takes (text) on the server and (room, text) in the code',
    ],
    [
      'another type',
      {
        ...say,
        parameters: [
          ['room', 'U64'],
          ['text', 'String'],
        ] as const,
      },
      'its argument room is U64 on the server and U32 in the code',
    ],
    [
      'that clients may not call it',
      { ...say, isPrivate: true as const },
      'only the owner of the database may call it',
    ],
    ['what it returns', { ...say, returns: 'U8' }, 'what it returns is U8 on the server and nothing in the code'],
    [
      'nothing where a parameter is only called otherwise',
      {
        ...say,
        parameters: [
          ['place', 'U32'],
          ['text', 'String'],
        ] as const,
      },
      undefined,
    ],
  ])('%s', (_, actual: FunctionShape | undefined, difference) => {
    const module = (functions: readonly FunctionShape[]): ModuleShape => ({
      tables: [],
      reducers: [],
      procedures: functions,
    });
    const misfits = compareShapes(module([say]), module(actual === undefined ? [] : [actual]), complete);
    const said = misfits.map(({ message }) => message);
    expect(misfits.map(({ procedure }) => procedure)).toEqual(difference === undefined ? [] : ['say']);
    expect(said).toEqual(
      difference === undefined
        ? []
        : [
            `procedure say of the server does not fit the generated code: ${difference}; run \`generate\` and build again`,
          ],
    );
  });
});

test('of a function is said which variants it takes less, or returns more', () => {
  const [two, three] = ['(a | b)', '(a | b | c)'];
  const module = (takes: string, returns: string): ModuleShape => ({
    tables: [],
    reducers: [],
    procedures: [{ name: 'f', parameters: [['x', takes]], returns }],
  });
  const messages = (ours: ModuleShape, theirs: ModuleShape): readonly string[] =>
    compareShapes(ours, theirs, complete).map(({ message }) => message);
  expect(messages(module(two, three), module(three, two))).toEqual([]);
  expect(messages(module(three, two), module(two, two))).toEqual([
    `procedure f of the server does not fit the generated code: its argument x is ${two} on the server and ${three} in the code; run \`generate\` and build again`,
  ]);
  expect(messages(module(two, two), module(two, three))).toEqual([
    `procedure f of the server does not fit the generated code: what it returns is ${three} on the server and ${two} in the code; run \`generate\` and build again`,
  ]);
});
