import { writeSync } from 'node:fs';
import { FileOfflineStorage } from '../../../src/offline/files/file-offline-storage.ts';
import { PlainStorage } from '../plain-storage.ts';
import { commandAt } from '../crash-commands.ts';

/** How many commands are under way at a time. */
const window = 8;

/**
 * A process that writes until it is killed: `node crash-writer.cjs FOLDER SEED FIRST FLUSH`. It says `s5` when command 5 is
 * started and `d5` when its promise is fulfilled; what was said is in the pipe, whatever becomes of the process.
 */
async function main(): Promise<void> {
  const [folder = '', seed = '0', first = '0', flush] = process.argv.slice(2);
  const plain = new PlainStorage();
  for (let index = 0; index < Number(first); index++) plain.run(commandAt(Number(seed), index));
  const store = new FileOfflineStorage(folder, { flush: flush === 'mutations' ? flush : 'never' });
  const say = (text: string): unknown => writeSync(1, `${text}\n`);
  const finish = async (index: number, written: Promise<void>): Promise<void> => {
    await written;
    say(`d${index}`);
  };
  const complain = (problem: unknown): void => {
    say(`problem ${problem instanceof Error ? problem.stack : String(problem)}`);
    process.exit(1);
  };
  const access = await store.initialize({ onBecameWriter: () => undefined, onDamaged: complain });
  if (access !== 'readWrite') complain(`opened as ${access}`);
  const underWay = new Set<Promise<void>>();
  for (let index = Number(first); ; index++) {
    say(`s${index}`);
    const written = plain.run(commandAt(Number(seed), index))(store);
    const done = finish(index, written).catch(complain);
    underWay.add(done);
    if (underWay.size < window) continue;
    await Promise.all(underWay);
    underWay.clear();
  }
}

void main();
