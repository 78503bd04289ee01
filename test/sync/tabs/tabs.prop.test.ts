import * as fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { propertyOptions } from '../../support/property.ts';
import { FakeBrowser } from './fake-browser.ts';
import { type TabCommand, tabCommand } from './tab-command.ts';
import { type Counts, TabsWorld } from './tabs-world.ts';

let browser = new FakeBrowser();

vi.mock('../../../src/offline/key-values.ts', () => ({ openKeyValues: async (name: string) => browser.open(name) }));
vi.stubGlobal('navigator', {
  get locks() {
    return browser.locks;
  },
});

/** Runs these in a new world. */
async function countsOf(commands: readonly TabCommand[]): Promise<Counts> {
  browser = new FakeBrowser();
  const world = new TabsWorld(browser);
  await world.run({ kind: 'open' });
  for (const command of commands) await world.run(command);
  await world.finish();
  return world.counts;
}

test.each([0, 1, 2])(
  'a tab that takes over writes whose the rows are before it writes them: dying after %s operations, it leaves none that are nobody’s',
  async (after) => {
    const { takenOver } = await countsOf([
      { kind: 'open' },
      { kind: 'connect', tab: 1, as: 'ann', isAnswered: true },
      // What it reads to take over are the keys.
      { kind: 'kill', tab: 1, after: 1 + after, isDone: true },
      { kind: 'close', tab: 0 },
    ]);
    expect(takenOver).toBe(1);
  },
);

afterEach(() => {
  browser = new FakeBrowser();
});

test('tabs that die in any operation on their store lose no call, send none as somebody else nor two at once, and read no row wrongly', async () => {
  const counts: Counts[] = [];
  await fc.assert(
    fc.asyncProperty(fc.array(tabCommand, { minLength: 10, maxLength: 60, size: 'max' }), async (commands) => {
      counts.push(await countsOf(commands));
    }),
    propertyOptions(100),
  );
  const total = (count: keyof Counts): number => counts.reduce((sum, each) => sum + each[count], 0);
  const names = ['deaths', 'takenOver', 'calls', 'kept', 'twice'] as const;
  console.info(`tabs: ${names.map((name) => `${total(name)} ${name}`).join(', ')}`);
  // A single run is one that is repeated by its seed.
  expect(counts.length === 1 || Math.min(total('takenOver'), total('kept')) > 0).toBe(true);
});
