import { type Terminal } from '../terminal.ts';
import { changes } from './change-steps.ts';
import { beginning, ending } from './connection-steps.ts';
import { queries } from './query-steps.ts';
import { runSteps } from './run-steps.ts';
import { signals } from './signal-steps.ts';
import { makeStage, type Place } from './stage.ts';
import { writes } from './write-steps.ts';

/** Shows on the terminal what the library does, with two clients. Returns how many steps did not show what they say. */
export async function runTour(place: Place, terminal: Terminal): Promise<number> {
  const stage = await makeStage(place);
  const steps = [beginning, changes, signals, queries, writes, ending].flatMap((chapter) => chapter(stage, place));
  try {
    const failed = await runSteps(steps, terminal);
    const shown = steps.length - failed;
    terminal.line();
    if (failed === 0) terminal.line(`  ${terminal.green(`All ${shown} steps showed what they say.`)}`);
    else terminal.line(`  ${terminal.red(`${failed} of ${steps.length} steps did not show what they say.`)}`);
    return failed;
  } finally {
    await stage.alice.dispose();
    await stage.bob.dispose();
  }
}
