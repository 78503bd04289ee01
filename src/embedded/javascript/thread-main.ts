import { type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { ConnectionId } from '../../bsatn/special/connection-id.ts';
import { Identity } from '../../bsatn/special/identity.ts';
import { messageOf } from '../../errors.ts';
import { ModuleTrap } from '../module-host.ts';
import { type ModuleBundle } from './bundle.ts';
import { JavaScriptHost } from './javascript-host.ts';
import { type OperationRequest, remoteOperations } from './remote-operations.ts';
import { type ThreadCall } from './thread-instance.ts';

/*
 * What runs on the thread of procedures that wait: the module once more, in a realm of its own. All that it asks for is carried out on the main thread, while
 * this one waits.
 */

interface ThreadData {
  readonly bundle: ModuleBundle;
  readonly identity: bigint;
  readonly port: MessagePort;
  /** How many messages were told to the main thread, and how many it answered. */
  readonly state: Int32Array;
}

const { bundle, identity, port, state }: ThreadData = workerData;

function tell(message: object): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port, not a window.
  port.postMessage(message);
  Atomics.add(state, 0, 1);
  Atomics.notify(state, 0);
}

let answers = 0;

function ask(request: OperationRequest): unknown {
  tell({ kind: 'ask', ask: request });
  Atomics.wait(state, 1, answers);
  answers++;
  const received: { readonly message: { readonly result?: unknown; readonly trap?: string } } | undefined =
    receiveMessageOnPort(port);
  if (received === undefined) throw new Error('the main thread answered without a word');
  const { result, trap } = received.message;
  if (trap !== undefined) throw new Error(trap);
  return result;
}

function run(work: () => unknown): void {
  try {
    tell({ kind: 'done', value: work() });
  } catch (error) {
    const message = messageOf(error);
    const details = error instanceof ModuleTrap ? { trace: error.trace, place: error.place } : {};
    tell({ kind: 'trap', message, details });
  }
}

let host: JavaScriptHost | undefined;

// Of a promise that code has made which the module compiles itself: the thread would end, and take the next call with it.
process.on('unhandledRejection', (reason) => host?.tellOfStray(reason));

run(() => {
  const { ops, httpRequest } = remoteOperations(identity, ask);
  host = new JavaScriptHost(bundle, ops, httpRequest);
});

port.on('message', ({ id, sender, connectionId, timestamp, args }: ThreadCall) =>
  run(() =>
    host?.runProcedure({
      id,
      sender: new Identity(sender),
      connectionId: connectionId === undefined ? undefined : new ConnectionId(connectionId),
      timestamp,
      args,
    }),
  ),
);
