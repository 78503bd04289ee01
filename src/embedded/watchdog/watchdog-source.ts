/**
 * What runs on the thread of the watchdog, which shares `state` with the thread that it watches; see `watchdog.ts` for what is in it. It ends itself when there
 * has been no server for a while.
 */
export const watchdogSource = `
import { writeSync } from 'node:fs';
import { receiveMessageOnPort, workerData } from 'node:worker_threads';

const { state, port, cell, pid, platform } = workerData;
const lookMs = 200;
const lingerMs = 1000;
const names = [];
let [seen, since, hasTold, idleSince] = [-1, 0, false, performance.now()];

function tell(seconds) {
  for (let received; (received = receiveMessageOnPort(port)) !== undefined; ) names.push(received.message);
  const end = platform === 'win32' ? 'taskkill /F /PID ' + pid : 'kill -9 ' + pid;
  const what = names[state[cell.running] - 1] ?? 'a function of the module';
  // Not process.stderr, which takes the thread that is busy.
  writeSync(2, '\\nspacetimedb-signals: ' + what + ' of the module in the embedded server has been running for ' + seconds + ' s. Nothing else in this process ' +
    'runs meanwhile, no other client and no time-out of a test. If it never returns, end the process (' + end + ') and look for its loop.\\n');
}

for (;;) {
  Atomics.wait(state, cell.never, 0, lookMs);
  const now = performance.now();
  if (Atomics.load(state, cell.servers) > 0) idleSince = now;
  else if (now - idleSince >= lingerMs && Atomics.compareExchange(state, cell.servers, 0, -1) === 0) break;
  const moves = Atomics.load(state, cell.moves);
  if (moves !== seen) [seen, since, hasTold] = [moves, now, false];
  const limit = Atomics.load(state, cell.limitMs);
  if (hasTold || Atomics.load(state, cell.running) === 0 || limit <= 0 || now - since < limit) continue;
  hasTold = true;
  tell(Math.round((now - since) / 100) / 10);
}
`;
