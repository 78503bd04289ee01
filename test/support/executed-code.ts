import { type Profiler, Session } from 'node:inspector';
import { setFlagsFromString } from 'node:v8';

/** How much code of this package and of signals-core ran, by function: calls, or turns of its busiest loop where those are more. */
export type ExecutedCode = ReadonlyMap<string, number>;

/**
 * Lets V8 count what is executed. Loops are only seen in modules that are loaded afterwards: import those with `await import(…)`. What V8 does itself,
 * such as copying an array, is one call however long it takes. Throws where such a module is loaded already.
 */
export function countExecutedCode(): (run: () => void) => ExecutedCode {
  // Optimised code does not count the getters that became part of it.
  for (const flag of ['--no-opt', '--no-maglev']) setFlagsFromString(flag);
  const session = new Session();
  session.connect();
  const fail = (error: Error | null): void => {
    if (error !== null) throw error;
  };
  const loaded: string[] = [];
  session.on('Debugger.scriptParsed', ({ params }) => loaded.push(params.url));
  // Tells of all scripts that there are.
  session.post('Debugger.enable', fail);
  session.post('Debugger.disable', fail);
  const early = loaded.find(isCounted);
  if (early !== undefined) throw new Error(`the loops of ${early} would not be counted: it was loaded before`);
  session.post('Profiler.enable', fail);
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true }, fail);
  const take = (): ExecutedCode => {
    const counts = new Map<string, number>();
    // Answered before `post` returns: the session is one with this thread.
    session.post('Profiler.takePreciseCoverage', (error, { result }) => {
      fail(error);
      for (const script of result.filter(({ url }) => isCounted(url))) addCounts(counts, script);
    });
    return counts;
  };
  return (run) => {
    take();
    run();
    return take();
  };
}

function isCounted(url: string): boolean {
  return /\/(src|bench\/speed\/generated|signals-core\/dist)\//.test(url);
}

function addCounts(counts: Map<string, number>, { url, functions }: Profiler.ScriptCoverage): void {
  for (const { functionName, ranges } of functions) {
    const [whole] = ranges;
    const most = Math.max(...ranges.map(({ count }) => count));
    if (most > 0) counts.set(`${url}: ${functionName} at ${whole?.startOffset}`, most);
  }
}
