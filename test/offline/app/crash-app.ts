import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { FileTokenStore } from '../../../src/connection/file-token-store.ts';
import { FileOfflineStorage } from '../../../src/offline/files/file-offline-storage.ts';
import { SpacetimeDbClient } from '../../generated/reference/index.ts';

/** How many calls are under way at a time. */
const window = 8;

/**
 * A process that says things until it is killed: `node crash-app.cjs FOLDER HOST FIRST`. It prints `s5` when it calls number 5, and `d5` when the
 * call's promise is fulfilled, be it as committed or as pending; what was printed is in the pipe, whatever becomes of the process.
 */
async function main(): Promise<void> {
  const [folder = '', host = '', first = '0'] = process.argv.slice(2);
  const print = (text: string): unknown => writeSync(1, `${text}\n`);
  const client = await SpacetimeDbClient.create({
    host,
    database: 'talk',
    authStorage: new FileTokenStore(join(folder, 'token')),
    offlineStorage: new FileOfflineStorage(join(folder, 'store')),
    retry: { baseDelayMs: 5, maxDelayMs: 20 },
  });
  client.onError((error) => print(`problem ${String(error)}`));
  if (client.syncState.peek().storage !== 'readWrite') print('problem: not the writer');
  void client.connect().catch((error: unknown) => print(`problem ${String(error)}`));
  const say = async (number: number): Promise<void> => {
    print(`s${number}`);
    await client.reducers.say({ room: 1, text: String(number) });
    print(`d${number}`);
  };
  for (let number = Number(first); ; number += window) {
    const numbers = Array.from({ length: window }, (_, index) => number + index);
    await Promise.all(numbers.map((each) => say(each).catch((error: unknown) => print(`problem ${String(error)}`))));
  }
}

void main();
