import { runInContext } from 'node:vm';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRealm } from '../../../src/embedded/javascript/realm.ts';

const realm = createRealm(() => 1_700_000_000_123_456n);
const run = (code: string): unknown => JSON.parse(String(runInContext(`JSON.stringify(${code})`, realm.context)));

test.each([
  ['[1, 2, 3].values().map((n, i) => n * i).filter((n) => n > 0).toArray()', [2, 6]],
  ['[1, 2, 3, 4].values().drop(1).take(2).toArray()', [2, 3]],
  ['[[1], [2, 3]].values().flatMap((list) => list).toArray()', [1, 2, 3]],
  ['[1, 2].values().reduce((a, b) => a + b)', 3],
  ['[1, 2].values().reduce((a, b) => a + b, "n")', 'n12'],
  [
    '[[1, 2].values().some((n) => n > 1), [1, 2].values().every((n) => n > 1), [1, 2].values().find((n) => n > 1)]',
    [true, false, 2],
  ],
  ['Iterator.from(new Set([1, 2])).map((n) => n + 1).toArray() instanceof Array', true],
  ['[...new Map([[1, 2]]).entries().map(([a, b]) => a + b)]', [3]],
  ['Object.groupBy([1, 2, 3], (n) => n % 2 ? "odd" : "even")', { odd: [1, 3], even: [2] }],
  [
    '[...Map.groupBy([1, 2, 3], (n) => n % 2)]',
    [
      [1, [1, 3]],
      [0, [2]],
    ],
  ],
  ['Object.keys(Promise.withResolvers()).sort()', ['promise', 'reject', 'resolve']],
  ['Promise.withResolvers().promise instanceof Promise', true],
  ['typeof Symbol.dispose', 'symbol'],
  [
    '[Date.now(), new Date().getTime(), new Date(5).getTime(), Date.UTC(1970, 0, 1), new Date().constructor === Date]',
    [1_700_000_000_123, 1_700_000_000_123, 5, 0, true],
  ],
  ['(class extends Date {}).name === "" && new (class extends Date {})() instanceof Date', true],
])('the realm of a module knows %s', (code, expected) => {
  expect(run(code)).toEqual(expected);
});

test('an iterator that is not read to its end is closed', () => {
  expect(
    run(`(() => { const said = [];
    const items = function* () { try { yield 1; yield 2; } finally { said.push('closed'); } };
    said.push(...items().map((n) => n).take(1));
    return said; })()`),
  ).toEqual(['closed', 1]);
});

test('sets answer as sets do', () => {
  const values = fc.uniqueArray(fc.integer({ min: 0, max: 6 }));
  fc.assert(
    fc.property(values, values, (left, right) => {
      const isIn = (list: readonly number[]) => (value: number) => list.includes(value);
      const isNotIn = (list: readonly number[]) => (value: number) => !list.includes(value);
      const [a, b] = [`new Set(${JSON.stringify(left)})`, `new Set(${JSON.stringify(right)})`];
      expect(
        run(
          `[${['union', 'intersection', 'difference', 'symmetricDifference'].map((name) => `[...${a}.${name}(${b})].sort()`).join()}]`,
        ),
      ).toEqual(
        [
          [...left, ...right.filter(isNotIn(left))],
          left.filter(isIn(right)),
          left.filter(isNotIn(right)),
          [...left.filter(isNotIn(right)), ...right.filter(isNotIn(left))],
        ].map((list) => list.sort((one, other) => one - other)),
      );
      expect(run(`[${a}.isSubsetOf(${b}), ${a}.isSupersetOf(${b}), ${a}.isDisjointFrom(${b})]`)).toEqual([
        left.every(isIn(right)),
        right.every(isIn(left)),
        !left.some(isIn(right)),
      ]);
    }),
  );
});
