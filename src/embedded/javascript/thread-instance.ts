import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { programOf } from '../bare-thread.ts';
import { type FunctionCall, type HostOps, ModuleTrap, type ProcedureContext } from '../module-host.ts';
import { ProcedureThread } from '../procedures/procedure-thread.ts';
import { type ThreadInstance } from '../procedures/worker-pool.ts';
import { type ModuleBundle } from './bundle.ts';
import { loadEsbuild } from './load-esbuild.ts';
import { type OperationRequest, performOperation } from './remote-operations.ts';

/** A call as it goes to a thread. */
export interface ThreadCall {
  readonly id: number;
  readonly sender: bigint;
  readonly connectionId: bigint | undefined;
  readonly timestamp: bigint;
  readonly args: Uint8Array;
}

/** Starts a module on a thread of its own, for procedures that wait. Rejects with a {@link ModuleTrap}. */
export async function startThread(bundle: ModuleBundle, ops: HostOps): Promise<ThreadInstance> {
  const data = { bundle, identity: ops.identity.value };
  const thread = new ProcedureThread<OperationRequest, Uint8Array | undefined>(
    await threadProgram(bundle.folder),
    data,
    (request) => performOperation(ops, request),
  );
  await thread.started();
  return {
    get isOver() {
      return thread.isOver;
    },
    call: async ({ id, sender, connectionId, timestamp, args }: FunctionCall, context: ProcedureContext) => {
      const call: ThreadCall = { id, sender: sender.value, connectionId: connectionId?.value, timestamp, args };
      const value = await thread.run(call, context);
      if (value === undefined) throw new ModuleTrap('the procedure returned nothing');
      return value;
    },
    terminate: (why) => thread.terminate(why),
  };
}

let fromSource: Promise<URL> | undefined;

/** The program of the thread: a file of this package or, where that is not built, made of its source. */
async function threadProgram(folder: string): Promise<URL> {
  for (const place of ['./javascript-thread.js', '../javascript-thread.js']) {
    const url = new URL(place, import.meta.url);
    if (url.protocol === 'file:' && existsSync(fileURLToPath(url))) return url;
  }
  fromSource ??= bundleProgram(folder);
  return fromSource;
}

async function bundleProgram(folder: string): Promise<URL> {
  const esbuild = await loadEsbuild(folder);
  const { outputFiles } = await esbuild.build({
    entryPoints: [fileURLToPath(new URL('./thread-main.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
  });
  return programOf(outputFiles[0]?.text ?? '');
}
