import { SpacetimeDbClient } from '../generated/reference/index.ts';

/** What a client saw. */
export interface CountedUpdates {
  /** The number of the last update; every one before it came in its turn. */
  readonly last: number;
  /** How many characters the events had together. */
  readonly characters: number;
}

/**
 * Connects to a server of numbered updates and reads them up to `updates`. Rejects at the first one that is out of turn.
 * Runs in Node and in a page.
 */
export async function countUpdates(host: string, updates: number): Promise<CountedUpdates> {
  const client = await SpacetimeDbClient.create({ host, database: 'numbered', compression: 'gzip' });
  let characters = 0;
  const last = await new Promise<number>((resolve, reject) => {
    let last = 0;
    const outOfTurn = (what: string): void => reject(new Error(`${what} came after update ${last}`));
    client.onError(reject);
    client.setting.onUpdate(({ oldRow, newRow }) => {
      if (oldRow.value !== String(last) || newRow.value !== String(last + 1)) outOfTurn(`update ${newRow.value}`);
      last = Number(newRow.value);
      if (last === updates) resolve(last);
    });
    client.chatEvent.onInsert(({ row }) => {
      // Inside a listener every table is new already, and events come in the order in which a message names their tables.
      if (client.setting.find('counter')?.value !== String(row.room)) outOfTurn(`event ${row.room}`);
      characters += row.what.length;
    });
    client.connect({ initialSubscriptions: ['SELECT * FROM setting', 'SELECT * FROM chat_event'] }).catch(reject);
  });
  await client.dispose();
  return { last, characters };
}
