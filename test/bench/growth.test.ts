import { beforeAll, describe, expect, test } from 'vitest';
import { countExecutedCode, type ExecutedCode } from '../support/executed-code.ts';

const executed = countExecutedCode();
let effect: typeof import('@preact/signals-core').effect;
let ours: typeof import('../../bench/speed/ours.ts');
let player: typeof import('../../bench/speed/player.ts');

beforeAll(async () => {
  ({ effect } = await import('@preact/signals-core'));
  ours = await import('../../bench/speed/ours.ts');
  player = await import('../../bench/speed/player.ts');
});

type Loaded = Awaited<ReturnType<typeof ours.loadOurs>>;

/** What is watched while rows change, and by which sets they are returned. */
const situations: readonly {
  readonly name: string;
  readonly prepare: (loaded: Loaded, rows: number) => Promise<readonly number[]>;
}[] = [
  { name: 'nobody watches', prepare: async ({ querySetId }) => [querySetId] },
  {
    name: 'many queries of a btree index are watched',
    prepare: async ({ client, querySetId }, rows) => {
      for (let hp = 0; hp < Math.min(rows / 10, player.hpValues); hp++) effect(() => void client.player.hp.filter(hp));
      return [querySetId];
    },
  },
  {
    name: 'every row is watched',
    prepare: async ({ client, querySetId }, rows) => {
      for (let id = 0; id < rows; id++) effect(() => void client.player.row(id).value);
      return [querySetId];
    },
  },
  {
    name: 'many listen to what comes and goes',
    prepare: async ({ client, querySetId }, rows) => {
      for (let count = 0; count < rows / 10; count++) {
        client.player.onInsert(() => undefined);
        client.player.onDelete(() => undefined);
      }
      return [querySetId];
    },
  },
  {
    name: 'there are many other sets',
    prepare: async ({ querySetId, subscribeAgain }, rows) => {
      for (let set = 0; set < rows / 20; set++) await subscribeAgain(1);
      return [querySetId];
    },
  },
  {
    name: 'two sets return every row',
    prepare: async ({ querySetId, subscribeAgain }, rows) => [querySetId, await subscribeAgain(rows)],
  },
];

/** What transactions execute that change one row of as many. */
async function workOfUpdates(rows: number, prepare: (typeof situations)[number]['prepare']): Promise<ExecutedCode> {
  const loaded = await ours.loadOurs(rows);
  const sets = await prepare(loaded, rows);
  const frames = [
    player.frameOf(player.updateMessage(sets, [30], 0, 1)),
    player.frameOf(player.updateMessage(sets, [30], 1, 0)),
  ];
  const deliver = (): void => frames.forEach((frame) => loaded.deliver(frame));
  // The first change of a table makes what it takes to change rows.
  deliver();
  const work = executed(deliver);
  await loaded.client.dispose();
  return work;
}

describe('how much code runs', () => {
  test.each(situations)('for a changed row depends on no other rows, where $name', async ({ prepare }) => {
    const few = await workOfUpdates(1000, prepare);
    expect(few.size).toBeGreaterThan(50);
    expect(await workOfUpdates(10_000, prepare)).toEqual(few);
  });

  test('for a call depends on no other calls under way', async () => {
    const work = async (calls: number): Promise<ExecutedCode> => {
      const { client } = await ours.loadOurs(1);
      const call = (): void => void client.reducers.movePlayer({ id: 1, x: 1, y: 2, z: 3 }).catch(() => undefined);
      for (let count = 0; count < calls; count++) call();
      await ours.settled();
      const executedCode = executed(call);
      await client.dispose();
      return executedCode;
    };
    expect(await work(5000)).toEqual(await work(50));
  });

  test('for a first load grows by the same for every row', async () => {
    const work = async (rows: number): Promise<ExecutedCode> => {
      const { requestId, querySetId, deliver, client } = await ours.subscribeOurs();
      const frame = player.frameOf(player.loadMessage(requestId, querySetId, rows));
      const executedCode = executed(() => deliver(frame));
      await client.dispose();
      return executedCode;
    };
    // Names of seven lengths take turns.
    const [one, two, three] = [await work(1400), await work(2800), await work(4200)];
    const sum = (code: ExecutedCode): number => [...code.values()].reduce((total, count) => total + count, 0);
    expect(sum(two) - sum(one)).toBeGreaterThan(1400);
    expect(sum(three) - sum(two)).toBe(sum(two) - sum(one));
  });
});
