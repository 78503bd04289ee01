import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { EmbeddedServer } from '../../src/embedded/index.ts';
import { type Measurement } from './measurement.ts';

/**
 * What the embedded server does with the reference module: calls of one client, and updates for many, over real sockets, with all clients in a process of their own,
 * `clients`; and what a call costs in larger and larger tables.
 */
export async function server(root: string, clients: string): Promise<void> {
  const module = join(root, 'test/reference-module/reference-module.wasm');
  const started = await EmbeddedServer.start({ module, database: 'bench' });
  try {
    for (const line of growthOfCalls(started)) console.log(line);
    await started.reset();
    await measureFor(started, clients);
  } finally {
    await started.close();
  }
}

/** Prints what the clients measure: the processor time of this process, and all the time that goes by. */
async function measureFor({ host }: EmbeddedServer, program: string): Promise<void> {
  const clients = fork(program, [host]);
  let begin = { cpu: process.cpuUsage(), time: performance.now() };
  clients.on('message', (measurement: Measurement) => {
    if ('begins' in measurement) {
      begin = { cpu: process.cpuUsage(), time: performance.now() };
    } else {
      const { what, unit, count } = measurement;
      const { user, system } = process.cpuUsage(begin.cpu);
      const micros = (performance.now() - begin.time) * 1000;
      const each = `${((user + system) / count).toFixed(1)} µs of processor time of the server for each ${unit}`;
      console.log(`embedded server, ${what}: ${each}, ${(micros / count).toFixed(1)} µs in all`);
    }
    clients.send('go on');
  });
  const [code] = await once(clients, 'exit');
  if (code !== 0) throw new Error(`the clients of the bench ended with ${code}`);
}

/** What a call that changes one row costs, in processor time: that of other programs does not count. */
function* growthOfCalls(started: EmbeddedServer): Generator<string> {
  const [batch, calls] = [1000, 5000];
  let rows = 0;
  for (const size of [1000, 10_000, 100_000]) {
    for (; rows < size; rows += batch) started.call('spawn', [rows + 1, batch]);
    const change = (): void => started.call('move_many', [1 + Math.floor(Math.random() * size), 1, 1]);
    for (let call = 0; call < calls; call++) change();
    const begin = process.cpuUsage();
    for (let call = 0; call < calls; call++) change();
    const { user, system } = process.cpuUsage(begin);
    yield `embedded server, ${size} rows: ${((user + system) / calls).toFixed(1)} µs of processor time for a call that changes one of them`;
  }
}
