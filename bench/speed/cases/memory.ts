import { type BenchCase, onlySample, type Racer, type Scale } from '../case.ts';
import { HandTable } from '../limit.ts';
import { subscribeOfficial } from '../official.ts';
import { settled, subscribeOurs } from '../ours.ts';
import { frameOf, loadMessage } from '../player.ts';

/** What stays on the heap and outside of it, in bytes. Without `--expose-gc` only a guess. */
async function heldBytes(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    await settled();
    globalThis.gc?.();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** What a row takes after the first load; `isRead`: after every row was read. */
function memoryCase(name: string, title: string, target: number, isRead: boolean): BenchCase {
  const held = (rows: number, load: () => object): Racer => ({
    sample: async () => {
      // The encoder and its buffers are there before.
      loadMessage(1, 1, 10);
      const before = await heldBytes();
      const kept = load();
      const bytes = (await heldBytes()) - before;
      if (Object.keys(kept).length === 0) throw new Error('nothing was kept');
      return bytes / rows;
    },
  });
  const read = (rows: Iterable<{ readonly hp: number }>): void => {
    if (isRead) for (const row of rows) if (row.hp < 0) throw new Error('a row that was never sent');
  };

  const ours = async ({ rows }: Scale): Promise<Racer> => {
    const { client, requestId, querySetId, deliver } = await subscribeOurs();
    return held(rows, () => {
      deliver(frameOf(loadMessage(requestId, querySetId, rows)));
      if (isRead) read(client.player.iter());
      return { client };
    });
  };

  const official = async ({ rows }: Scale): Promise<Racer> => {
    const { connection, requestId, querySetId, deliver } = await subscribeOfficial();
    return held(rows, () => {
      deliver(loadMessage(requestId, querySetId, rows));
      read(connection.db.player.iter());
      return { connection };
    });
  };

  const limit = async ({ rows }: Scale): Promise<Racer> => {
    const table = new HandTable();
    return held(rows, () => {
      table.deliver(loadMessage(1, 1, rows));
      read(table.rows.values());
      return table;
    });
  };

  return { name, title, unit: 'bytes', target, samples: onlySample, sides: { ours, official, limit } };
}

/** Bytes per row. */
export const memoryCases: readonly BenchCase[] = [
  memoryCase('heap', 'memory of a row that nobody has read; limit: objects in a `Map`', 0.35, false),
  memoryCase('heap-read', 'memory of a row that was read; limit: objects in a `Map`', 1.2, true),
];
