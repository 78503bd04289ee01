import { effect } from '@preact/signals-core';
import { type BenchCase, check, quickSamples, type Racer, repeated, timed } from '../case.ts';
import { type HandPlayer, HandTable } from '../limit.ts';
import { loadOfficial, type OfficialPlayer } from '../official.ts';
import { loadOurs } from '../ours.ts';
import { frameOf, hpValues, loadMessage } from '../player.ts';
import { updates } from './transaction.ts';

/** How many look-ups a sample makes at a time. */
const lookUps = 1000;

/** Where results go, so that nothing is optimised away. */
const sink = { sum: 0 };

/** Ids all over the table, in no order. */
function someIds(rows: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => (index * 7919) % rows);
}

async function handTable(rows: number): Promise<HandTable> {
  const table = new HandTable();
  table.deliver(loadMessage(1, 1, rows));
  return table;
}

const find: BenchCase = {
  name: 'find',
  title: '`find` by primary key in 100,000 rows; limit: `Map.get`',
  unit: 'ns',
  target: 2,
  samples: quickSamples,
  sides: {
    ours: async ({ rows, sampleMs }) => {
      const { player } = (await loadOurs(rows)).client;
      const ids = someIds(rows, lookUps);
      return asking(ids, sampleMs, (id) => player.find(id));
    },
    official: async ({ rows, sampleMs }) => {
      const { player } = (await loadOfficial(rows)).connection.db;
      // Each one scans the table.
      const ids = someIds(rows, 10);
      return asking(ids, sampleMs, (id) => player.id.find(id));
    },
    limit: async ({ rows, sampleMs }) => {
      const table = await handTable(rows);
      const ids = someIds(rows, lookUps);
      return asking(ids, sampleMs, (id) => table.rows.get(id));
    },
  },
};

function asking(
  ids: readonly number[],
  sampleMs: number,
  ask: (id: number) => { readonly hp: number } | undefined,
): Racer {
  check('the row of the first id', ask(ids[0] ?? 0)?.hp, 0);
  return {
    sample: () =>
      repeated(ids.length, sampleMs, () => {
        for (const id of ids) sink.sum += ask(id)?.hp ?? 0;
      }),
  };
}

const filter: BenchCase = {
  name: 'filter',
  title: '`filter` on a btree column, 100 hits in 100,000 rows (per hit); limit: iterating the hits',
  unit: 'ns',
  target: 3,
  samples: quickSamples,
  sides: {
    ours: async ({ rows, sampleMs }) => {
      const { player } = (await loadOurs(rows)).client;
      return filtering(rows, hpValues, sampleMs, (hp) => player.hp.filter(hp));
    },
    official: async ({ rows, sampleMs }) => {
      const { player } = (await loadOfficial(rows)).connection.db;
      return filtering(rows, 3, sampleMs, (hp) => player.hp.filter(hp));
    },
    limit: async ({ rows, sampleMs }) => {
      const buckets = (await handTable(rows)).byHp();
      return filtering(rows, hpValues, sampleMs, (hp) => buckets[hp] ?? []);
    },
  },
};

function filtering(
  rows: number,
  values: number,
  sampleMs: number,
  ask: (hp: number) => Iterable<{ readonly id: number }>,
): Racer {
  const hits = rows / hpValues;
  check('the hits of a filter', [...ask(1)].length, hits);
  return {
    sample: () =>
      repeated(hits * values, sampleMs, () => {
        for (let hp = 0; hp < values; hp++) for (const row of ask(hp)) sink.sum += row.id;
      }),
  };
}

const observed: BenchCase = {
  name: 'rows',
  title: '`rows` observed by one effect, 1 changed row of 100,000; limit: one `slice`',
  unit: 'ns',
  target: 1.5,
  samples: quickSamples,
  sides: {
    ours: async ({ rows, sampleMs }) => {
      const { client, querySetId, deliver } = await loadOurs(rows);
      let runs = 0;
      effect(() => {
        sink.sum += client.player.rows.value.length;
        runs++;
      });
      const frames = updates([querySetId], rows, 1).map((message) => frameOf(message));
      let next = 0;
      const round = (): void => deliver(frames[next++ % frames.length] ?? new Uint8Array());
      round();
      check('effects of one transaction', runs, 2);
      return { sample: () => repeated(1, sampleMs, round), counts: () => ({ effectsOfOneTransaction: 1 }) };
    },
    official: async ({ rows, sampleMs }) => {
      const { connection, querySetId, deliver } = await loadOfficial(rows);
      let current: readonly OfficialPlayer[] = [];
      connection.db.player.onUpdate(() => {
        current = Array.from(connection.db.player.iter());
        sink.sum += current.length;
      });
      const messages = updates([querySetId], rows, 1);
      let next = 0;
      const round = (): void => deliver(messages[next++ % messages.length] ?? new Uint8Array());
      return { sample: () => repeated(1, sampleMs, round) };
    },
    limit: async ({ rows, sampleMs }) => {
      const table = await handTable(rows);
      let current: readonly HandPlayer[] = [...table.rows.values()];
      const messages = updates([1], rows, 1);
      let next = 0;
      const round = (): void => {
        table.deliver(messages[next++ % messages.length] ?? new Uint8Array(), (id, row) => {
          const copy = current.slice();
          if (row !== undefined) copy[id] = row;
          current = copy;
        });
        sink.sum += current.length;
      };
      return { sample: () => repeated(1, sampleMs, round) };
    },
  },
};

const iterate: BenchCase = {
  name: 'iterate',
  title: 'iterate 100,000 rows (per row); limit: `map.values()`',
  unit: 'ns',
  target: 1.3,
  samples: quickSamples,
  sides: {
    ours: async ({ rows, sampleMs }) => {
      const { player } = (await loadOurs(rows)).client;
      return iterating(rows, sampleMs, () => player.iter());
    },
    official: async ({ rows, sampleMs }) => {
      const { player } = (await loadOfficial(rows)).connection.db;
      return iterating(rows, sampleMs, () => player.iter());
    },
    limit: async ({ rows, sampleMs }) => {
      const table = await handTable(rows);
      return iterating(rows, sampleMs, () => table.rows.values());
    },
  },
};

function iterating(rows: number, sampleMs: number, all: () => Iterable<{ readonly hp: number }>): Racer {
  return {
    sample: () =>
      repeated(rows, sampleMs, () => {
        for (const row of all()) sink.sum += row.hp;
      }),
  };
}

const gameFrame: BenchCase = {
  name: 'game-frame',
  title: 'a frame of a game: 10,000 row signals read with `peek()`, after a transaction (per read); limit: `Map.get`',
  unit: 'ns',
  target: 2,
  samples: quickSamples,
  sides: {
    ours: async ({ rows, watchers }) => {
      const { client, querySetId, deliver } = await loadOurs(rows);
      const ids = someIds(rows, watchers);
      const signals = ids.map((id) => client.player.row(id));
      const frames = updates([querySetId], rows, 100).map((message) => frameOf(message));
      return reading(ids.length, frames, deliver, () => {
        for (const row of signals) sink.sum += row.peek()?.hp ?? 0;
      });
    },
    limit: async ({ rows, watchers }) => {
      const table = await handTable(rows);
      const ids = someIds(rows, watchers);
      const messages = updates([1], rows, 100);
      const deliver = (message: Uint8Array): void => table.deliver(message);
      return reading(ids.length, messages, deliver, () => {
        for (const id of ids) sink.sum += table.rows.get(id)?.hp ?? 0;
      });
    },
  },
};

/** Ten frames, each after a transaction that is not counted. */
function reading(
  reads: number,
  frames: readonly Uint8Array[],
  deliver: (frame: Uint8Array) => void,
  read: () => void,
): Racer {
  let next = 0;
  return {
    sample: () => {
      let time = 0;
      for (let frame = 0; frame < 10; frame++) {
        deliver(frames[next++ % frames.length] ?? new Uint8Array());
        time += timed(10 * reads, read);
      }
      return time;
    },
  };
}

/** What readers do. */
export const readingCases: readonly BenchCase[] = [find, filter, observed, iterate, gameFrame];
