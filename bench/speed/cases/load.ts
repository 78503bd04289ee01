import { type BenchCase, check, type Racer, type Scale, slowSamples, timed } from '../case.ts';
import { HandTable } from '../limit.ts';
import { subscribeOfficial } from '../official.ts';
import { settled, subscribeOurs } from '../ours.ts';
import { frameOf, loadMessages } from '../player.ts';

/** The first rows of a table. `isRead`: every row is read once, too. */
function loadCase(name: string, title: string, target: number, isRead: boolean): BenchCase {
  const sumOf = (rows: Iterable<{ readonly hp: number }>): number => {
    let sum = 0;
    for (const { hp } of rows) sum += hp;
    return sum;
  };

  const ours = async ({ rows }: Scale): Promise<Racer> => {
    const messageOf = loadMessages(rows);
    return {
      sample: async () => {
        const { client, requestId, querySetId, deliver } = await subscribeOurs();
        const frame = frameOf(messageOf(requestId, querySetId));
        globalThis.gc?.();
        const time = timed(rows, () => {
          deliver(frame);
          if (isRead) sumOf(client.player.iter());
        });
        check('the count of our table', client.player.count(), rows);
        await settled();
        await client.dispose();
        return time;
      },
    };
  };

  const official = async ({ rows }: Scale): Promise<Racer> => {
    const messageOf = loadMessages(rows);
    return {
      sample: async () => {
        const { connection, requestId, querySetId, deliver } = await subscribeOfficial();
        const message = messageOf(requestId, querySetId);
        globalThis.gc?.();
        const time = timed(rows, () => {
          deliver(message);
          if (isRead) sumOf(connection.db.player.iter());
        });
        check('the count of the official table', Number(connection.db.player.count()), rows);
        return time;
      },
    };
  };

  const limit = async ({ rows }: Scale): Promise<Racer> => {
    const messageOf = loadMessages(rows);
    return {
      sample: () => {
        const table = new HandTable();
        const message = messageOf(1, 1);
        globalThis.gc?.();
        const time = timed(rows, () => {
          table.deliver(message);
          if (isRead) sumOf(table.rows.values());
        });
        check('the count of the hand-written table', table.rows.size, rows);
        return time;
      },
    };
  };

  return { name, title, unit: 'ns', target, samples: slowSamples, sides: { ours, official, limit } };
}

/** The first load of a table. Per row. */
export const loadCases: readonly BenchCase[] = [
  loadCase('load', 'first load of 100,000 rows, validated, nothing read yet (per row)', 0.5, false),
  loadCase('load-read', 'first load of 100,000 rows, then every row read once (per row)', 1.3, true),
];
