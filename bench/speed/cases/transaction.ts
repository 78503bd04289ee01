import { effect } from '@preact/signals-core';
import { type BenchCase, check, quickSamples, type Racer, repeated, type Scale } from '../case.ts';
import { CountedHandTable, HandTable } from '../limit.ts';
import { loadOfficial } from '../official.ts';
import { loadOurs } from '../ours.ts';
import { frameOf, loadMessage, updateMessage } from '../player.ts';

/** Transactions of one row that change every row whose id is a multiple of `apart` to version 1, and then all of them back. */
export function updatesApart(querySetId: number, rows: number, apart: number): readonly Uint8Array[] {
  const ids = Array.from({ length: Math.floor(rows / apart) }, (_, index) => index * apart);
  return [
    ...ids.map((id) => updateMessage([querySetId], [id], 0, 1)),
    ...ids.map((id) => updateMessage([querySetId], [id], 1, 0)),
  ];
}

/** Transactions that change rows, which each of the query sets returns, to and fro: first all of them to version 1, then all of them back. */
export function updates(querySetIds: readonly number[], rows: number, perTransaction: number): readonly Uint8Array[] {
  // Of a table with 10 rows or more for each, every tenth: the rows that somebody watches where the bench is about that.
  const changing = Math.min(4000, Math.max(perTransaction, Math.floor(rows / 10)));
  const size = Math.min(perTransaction, changing);
  const groups = Math.max(1, Math.floor(changing / size));
  const step = Math.max(1, Math.floor(rows / (groups * size) / 10) * 10);
  const group = (at: number): number[] => Array.from({ length: size }, (_, index) => (at * size + index) * step);
  const all = Array.from({ length: groups }, (_, at) => group(at));
  return [
    ...all.map((ids) => updateMessage(querySetIds, ids, 0, 1)),
    ...all.map((ids) => updateMessage(querySetIds, ids, 1, 0)),
  ];
}

/** A client that can have a second query set. */
interface Subscriber {
  readonly querySetId: number;
  readonly subscribeAgain: (rows: number) => Promise<number>;
}

/** All of `frames` again and again. */
function delivering(frames: readonly Uint8Array[], operations: number, deliver: (frame: Uint8Array) => void) {
  return (sampleMs: number): number =>
    repeated(operations, sampleMs, () => {
      for (const frame of frames) deliver(frame);
    });
}

/** What is special about transactions: they come in one frame of the protocol v3, or two query sets return every row, so that each row comes twice. */
type Special = 'one frame' | 'two sets';

/** Transactions of `size` rows each in a table that is loaded. */
function transactionCase(name: string, title: string, target: number, size: number, special?: Special): BenchCase {
  const pack = (messages: readonly Uint8Array[]): readonly Uint8Array[] => {
    if (special !== 'one frame') return messages;
    const half = messages.length / 2;
    return [messages.slice(0, half), messages.slice(half)].map((group) => new Uint8Array(Buffer.concat(group)));
  };
  const setsOf = async ({ querySetId, subscribeAgain }: Subscriber, rows: number): Promise<readonly number[]> =>
    special === 'two sets' ? [querySetId, await subscribeAgain(rows)] : [querySetId];

  const ours = async ({ rows, sampleMs }: Scale): Promise<Racer> => {
    const loaded = await loadOurs(rows);
    const { client, deliver } = loaded;
    const messages = updates(await setsOf(loaded, rows), rows, size);
    const frames = pack(messages).map((message) => frameOf(message));
    for (const frame of frames.slice(0, frames.length / 2)) deliver(frame);
    check('a changed row', client.player.find(0)?.y, 1.5);
    for (const frame of frames.slice(frames.length / 2)) deliver(frame);
    check('a row that was changed back', client.player.find(0)?.y, 0.5);
    const run = delivering(frames, messages.length, deliver);
    return { sample: () => run(sampleMs) };
  };

  const official = async ({ rows, sampleMs }: Scale): Promise<Racer> => {
    const loaded = await loadOfficial(rows);
    const { connection, deliver } = loaded;
    const messages = updates(await setsOf(loaded, rows), rows, size);
    const frames = pack(messages);
    for (const frame of frames.slice(0, frames.length / 2)) deliver(frame);
    check('a changed row', connection.db.player.id.find(0)?.y, 1.5);
    for (const frame of frames.slice(frames.length / 2)) deliver(frame);
    const run = delivering(frames, messages.length, deliver);
    return { sample: () => run(sampleMs) };
  };

  const limit = async ({ rows, sampleMs }: Scale): Promise<Racer> => {
    const sets = special === 'two sets' ? [1, 2] : [1];
    const table = special === 'two sets' ? new CountedHandTable() : new HandTable();
    for (const querySetId of sets) table.deliver(loadMessage(querySetId, querySetId, rows));
    const messages = updates(sets, rows, size);
    const frames = pack(messages);
    for (const frame of frames.slice(0, frames.length / 2)) table.deliver(frame);
    check('a changed row', table.rows.get(0)?.y, 1.5);
    for (const frame of frames.slice(frames.length / 2)) table.deliver(frame);
    check('rows', table.rows.size, rows);
    const run = delivering(frames, messages.length, (frame) => table.deliver(frame));
    return { sample: () => run(sampleMs) };
  };

  return { name, title, unit: 'ns', target, samples: quickSamples, sides: { ours, official, limit } };
}

/** A transaction of one row in a table whose btree index is in use: one query of it is watched. */
const indexed: BenchCase = {
  name: 'update-indexed',
  title: 'transaction of 1 row, btree index in use',
  unit: 'ns',
  target: Infinity,
  samples: quickSamples,
  sides: {
    ours: async ({ rows, sampleMs }) => {
      const { client, querySetId, deliver } = await loadOurs(rows);
      let runs = 0;
      effect(() => {
        if (client.player.hp.filter(7).length > 0) runs++;
      });
      check('effects that ran', runs, 1);
      const frames = updates([querySetId], rows, 1).map((message) => frameOf(message));
      const run = delivering(frames, frames.length, deliver);
      return { sample: () => run(sampleMs) };
    },
  },
};

/** Cases that are only there to see how they grow. */
export const transactionGrowthCases: readonly BenchCase[] = [indexed];

/** Transactions in a table of 100,000 rows. Per transaction. */
export const transactionCases: readonly BenchCase[] = [
  transactionCase('update-1', 'transaction of 1 row in 100,000', 2.5, 1),
  transactionCase('update-10', 'transaction of 10 rows in 100,000', 2, 10),
  transactionCase('update-100', 'transaction of 100 rows in 100,000', 2, 100),
  transactionCase('update-1000', 'transaction of 1,000 rows in 100,000', 1.5, 1000),
  transactionCase('frame-1000', '1,000 one-row transactions in one v3 frame (per transaction)', 2.5, 1, 'one frame'),
  transactionCase('overlap-1', 'transaction of 1 row in 100,000 that two query sets return', 2.5, 1, 'two sets'),
  transactionCase('overlap-100', 'transaction of 100 rows in 100,000 that two query sets return', 2, 100, 'two sets'),
];
