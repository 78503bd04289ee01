/**
 * What runs on the thread of a worker: an instance of the module, and nothing else. Each function that the module imports is carried out on the main thread,
 * over a copy of the memory, while this thread waits:
 *
 * ```text
 * worker   copy memory ── ask ── wait ──────────── copy back ── go on
 * main                     └─ host function ── answer ─┘
 * ```
 */
export const workerSource = `
import { receiveMessageOnPort, workerData } from 'node:worker_threads';

const { module, port, state, handles } = workerData;
let memory;
let shared = new SharedArrayBuffer(0);
let answers = 0;

function tell(message) {
  port.postMessage(message);
  Atomics.add(state, 0, 1);
  Atomics.notify(state, 0);
}

function ask(index, args) {
  const bytes = new Uint8Array(memory.buffer);
  if (shared.byteLength !== bytes.length) shared = new SharedArrayBuffer(bytes.length);
  new Uint8Array(shared).set(bytes);
  tell({ kind: 'ask', ask: { index, args, memory: shared } });
  Atomics.wait(state, 1, answers);
  answers++;
  const { message } = receiveMessageOnPort(port);
  new Uint8Array(memory.buffer).set(new Uint8Array(shared));
  if ('trap' in message) throw new Error(message.trap);
  return message.result;
}

const imports = {};
for (const [index, item] of WebAssembly.Module.imports(module).entries()) {
  imports[item.module] ??= Object.create(null);
  imports[item.module][item.name] = (...args) => ask(index, args);
}

function run(work) {
  try {
    tell({ kind: 'done', value: work() });
  } catch (error) {
    tell({ kind: 'trap', message: error instanceof Error ? error.message : String(error) });
  }
}

let exports;
run(() => {
  ({ exports } = new WebAssembly.Instance(module, imports));
  memory = exports.memory;
  exports._initialize?.();
  for (const name of Object.keys(exports).filter((one) => one.startsWith('__preinit__')).sort()) exports[name]();
  const status = exports.__setup__?.(handles.setup) ?? 0;
  if (status === 0) exports.__describe_module__(handles.description);
  return status;
});

port.on('message', ({ args }) => run(() => exports.__call_procedure__(...args)));
`;
