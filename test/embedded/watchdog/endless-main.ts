import { setTimeout as wait } from 'node:timers/promises';
import { EmbeddedServer } from '../../../src/embedded/index.ts';

/** Calls reducers of the module that the command line names, of which `noop` or `init` never ends. */
async function main(): Promise<void> {
  const [, , module = ''] = process.argv;
  const start = async (): Promise<EmbeddedServer> =>
    EmbeddedServer.start({ module, database: 'endless', slowCallMs: 1000 });
  const first = await start();
  first.call('despawn', [1, 1]);
  // Long after it has ended nobody complains of it, and by then the thread has noticed that there is no server any more.
  await first.close();
  await wait(2000);
  const second = await start();
  second.call('despawn', [1, 1]);
  second.call('noop');
}

void main();
