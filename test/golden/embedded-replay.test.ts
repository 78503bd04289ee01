import { describe, expect, test } from 'vitest';
import { recordedOutcome, replay } from '../support/golden/replay.ts';
import { memoryConnect, type ReplayConnect, socketConnect } from '../support/golden/replay-client.ts';
import { loadTranscript, transcriptNames } from '../support/golden/transcript.ts';
import { exceptions } from './exceptions.ts';

const transports: readonly (readonly [string, ReplayConnect])[] = [
  ['in memory', memoryConnect],
  ['over WebSockets', socketConnect],
];

describe.each(transports)('the embedded server %s', (_, connect) => {
  test.each(transcriptNames())('answers as recorded in %s', async (name) => {
    const transcript = loadTranscript(name);
    const reason = exceptions.get(name);
    if (reason === undefined) {
      expect(await replay(transcript, connect)).toEqual(recordedOutcome(transcript));
      return;
    }
    // An exception may fail in any way, but it has to fail.
    const answer = await replay(transcript, connect).catch((error: unknown) => error);
    expect(answer, `${name} is met now; it was listed because: ${reason}`).not.toEqual(recordedOutcome(transcript));
  });
});

test('every exception is a transcript', () => {
  expect([...transcriptNames(), 'http', 'handshake-failures']).toEqual(expect.arrayContaining([...exceptions.keys()]));
});
