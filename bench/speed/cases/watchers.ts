import { batch, effect, signal } from '@preact/signals-core';
import { type BenchCase, check, quickSamples, type Racer, repeated, type Scale } from '../case.ts';
import { type HandPlayer, HandTable } from '../limit.ts';
import { loadOfficial } from '../official.ts';
import { loadOurs } from '../ours.ts';
import { frameOf, loadMessage } from '../player.ts';
import { updates, updatesApart } from './transaction.ts';

/** Transactions of `size` rows while many rows are watched, each by somebody of its own. */
function watcherCase(
  name: string,
  title: string,
  size: number,
  changes: (querySetId: number, rows: number) => readonly Uint8Array[] = (querySetId, rows) =>
    updates([querySetId], rows, size),
): BenchCase {
  const ours = async ({ rows, watchers, sampleMs }: Scale): Promise<Racer> => {
    const { client, querySetId, deliver } = await loadOurs(rows);
    let runs = 0;
    const every = Math.floor(rows / watchers);
    for (let id = 0; id < rows; id += every) {
      const row = client.player.row(id);
      effect(() => {
        if (row.value !== undefined) runs++;
      });
    }
    const frames = changes(querySetId, rows).map((message) => frameOf(message));
    check('effects that ran at first', runs, watchers);
    deliver(frames[0] ?? new Uint8Array());
    const runsOfOne = runs - watchers;
    deliver(frames[frames.length / 2] ?? new Uint8Array());
    return {
      sample: () =>
        repeated(frames.length, sampleMs, () => {
          for (const frame of frames) deliver(frame);
        }),
      counts: () => ({ effectsOfOneTransaction: runsOfOne }),
    };
  };

  const official = async ({ rows, watchers, sampleMs }: Scale): Promise<Racer> => {
    const { connection, querySetId, deliver } = await loadOfficial(rows);
    let runs = 0;
    const every = Math.floor(rows / watchers);
    for (let id = 0; id < rows; id += every) {
      connection.db.player.onUpdate((_context, _oldRow, newRow) => {
        if (newRow.id === id) runs++;
      });
    }
    const messages = changes(querySetId, rows);
    return {
      sample: () =>
        repeated(messages.length, sampleMs, () => {
          for (const message of messages) deliver(message);
        }),
      counts: () => ({ runs }),
    };
  };

  const limit = async ({ rows, watchers, sampleMs }: Scale): Promise<Racer> => {
    const table = new HandTable();
    table.deliver(loadMessage(1, 1, rows));
    const signals = new Map<number, ReturnType<typeof signal<HandPlayer | undefined>>>();
    let runs = 0;
    const every = Math.floor(rows / watchers);
    for (let id = 0; id < rows; id += every) {
      const watched = signal(table.rows.get(id));
      signals.set(id, watched);
      effect(() => {
        if (watched.value !== undefined) runs++;
      });
    }
    const messages = changes(1, rows);
    const onChange = (id: number, row: HandPlayer | undefined): void => {
      const watched = signals.get(id);
      if (watched !== undefined) watched.value = row;
    };
    return {
      sample: () =>
        repeated(messages.length, sampleMs, () => {
          for (const message of messages) batch(() => table.deliver(message, onChange));
        }),
      counts: () => ({ runs }),
    };
  };

  return { name, title, unit: 'ns', target: 3, samples: quickSamples, sides: { ours, official, limit } };
}

/** One changed row, and a hundred, while 10,000 rows are watched. Per transaction. */
export const watcherCases: readonly BenchCase[] = [
  watcherCase('watched-1', '1 changed row, 10,000 rows watched', 1),
  watcherCase('watched-100', '100 changed rows, 10,000 rows watched', 100),
];

/** The same rows change, and all of them are watched, whether a thousand rows are watched or all: what differs is how many others are. */
export const watcherGrowthCases: readonly BenchCase[] = [
  watcherCase('watched-alike', '1 changed row, which is watched, of 1,000', 1, (querySetId, rows) =>
    updatesApart(querySetId, rows, Math.floor(rows / 1000)),
  ),
];
