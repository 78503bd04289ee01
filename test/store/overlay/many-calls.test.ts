import { beforeAll, describe, expect, test } from 'vitest';
import { countExecutedCode, type ExecutedCode } from '../../support/executed-code.ts';

const executed = countExecutedCode();
let fixture: typeof import('../support/overlay-fixture.ts');
let tables: typeof import('../support/tables.ts');

beforeAll(async () => {
  fixture = await import('../support/overlay-fixture.ts');
  tables = await import('../support/tables.ts');
});

/** What it executes to change a row that as many calls change already, and to be told that the first of them did as it was expected to. */
function workWith(calls: number): readonly ExecutedCode[] {
  const { OverlayFixture } = fixture;
  const row = (version: number): ReturnType<typeof tables.entity> => tables.entity(1, String(version).padStart(4, '0'));
  const world = new OverlayFixture(row(0));
  const call = (version: number): ReturnType<typeof world.call> =>
    world.call(world.update(row(version - 1), row(version)));
  const pending = Array.from({ length: calls }, (_, index) => call(index + 1));
  const begun = executed(() => void call(calls + 1));
  const [first] = pending;
  if (first === undefined) throw new Error('there is no call');
  const ended = executed(() => world.answer(first, { deletes: [row(0)], inserts: [row(1)] }));
  expect(world.table.find(1)).toEqual(row(calls + 1));
  return [begun, ended];
}

describe('a row that many calls change', () => {
  test('costs a call, and an answer that was expected, no more than one that few do', () => {
    workWith(2);
    const few = workWith(10);
    for (const { size } of few) expect(size).toBeGreaterThan(10);
    expect(workWith(1000)).toEqual(few);
  });
});
