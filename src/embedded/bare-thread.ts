import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * A thread that runs this program and nothing else: what `--import`, `--require` or NODE_OPTIONS load into this process, such as a tracer, is not for it, and
 * the environment is none of its business.
 */
export function bareThread(
  program: URL,
  options: Pick<WorkerOptions, 'workerData' | 'transferList' | 'resourceLimits'>,
): Worker {
  return new Worker(program, { ...options, execArgv: [], env: {} });
}

/** A program as a thread takes it, where there is no file of it. */
export function programOf(source: string): URL {
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`);
}
