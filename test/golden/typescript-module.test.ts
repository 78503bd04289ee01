import { expect, test } from 'vitest';
import { embeddedTarget, recordedOutcome, replay } from '../support/golden/replay.ts';
import { memoryConnect } from '../support/golden/replay-client.ts';
import { loadTranscript, transcriptNames } from '../support/golden/transcript.ts';
import { referenceProject } from '../support/typescript-project.ts';

/** Where the official library makes a module in TypeScript do something else than the recorded one in Rust. */
const differences: ReadonlyMap<string, string> = new Map([
  [
    'every-type',
    'it writes the error of a result as if it were the value, and reads a text without its byte order mark',
  ],
  ['procedures', 'it writes the error of a result as if it were the value'],
]);

test.each(transcriptNames())('the reference module in TypeScript answers as recorded in %s', async (name) => {
  const transcript = loadTranscript(name);
  const outcome = await replay(transcript, memoryConnect, () => embeddedTarget(referenceProject));
  const difference = differences.get(name);
  if (difference === undefined) expect(outcome).toEqual(recordedOutcome(transcript));
  else
    expect(outcome, `${name} is met now; it was listed because: ${difference}`).not.toEqual(
      recordedOutcome(transcript),
    );
});
