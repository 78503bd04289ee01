import { type Terminal } from '../terminal.ts';
import { Mismatch } from './check.ts';

/** One thing that the tour shows. */
export interface Step {
  readonly title: string;
  /** Does it, checks it, and says in a sentence what was seen; throws when something else was seen. */
  readonly show: () => string | Promise<string>;
}

/** Does the steps in order and tells what each shows. Returns how many did not show what they say; the others go on. */
export async function runSteps(steps: readonly Step[], terminal: Terminal, timeoutMs = 20_000): Promise<number> {
  let failed = 0;
  for (const { title, show } of steps) {
    try {
      terminal.item(terminal.green('✓'), title, await within(timeoutMs, show));
    } catch (error) {
      failed += 1;
      terminal.item(terminal.red('✗'), title, terminal.red(describe(error)));
    }
  }
  return failed;
}

/** A step that never ends must not be taken for one that went well. */
async function within(timeoutMs: number, show: Step['show']): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    const error = new Mismatch('the step', `its end within ${timeoutMs} ms`, 'none');
    timer = setTimeout(() => reject(error), timeoutMs);
  });
  try {
    return await Promise.race([show(), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

function describe(error: unknown): string {
  if (error instanceof Mismatch) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
