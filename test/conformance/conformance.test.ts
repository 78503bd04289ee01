import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { type EmbeddedServer } from '../../src/embedded/index.ts';
import { embeddedTarget, recordedOutcome, replay, type ReplayTarget } from '../support/golden/replay.ts';
import { socketConnect } from '../support/golden/replay-client.ts';
import { loadTranscript, transcriptNames } from '../support/golden/transcript.ts';
import { exceptions } from '../golden/exceptions.ts';
import { type Difference, different, refused, startChecked } from './features.ts';
import { limits } from './limits.ts';
import { liveTarget } from './live-target.ts';

/*
 * What the embedded server and a real one have in common, and what they have not. The transcripts of a real server are the truth; COMPAT.md is what this run
 * found. `npm run compat` writes it.
 *
 * LIVE_SERVER_URL=http://127.0.0.1:3000 has a real server live through the same transcripts; test/conformance/README.md says how.
 */

const liveUrl = process.env['LIVE_SERVER_URL'];
const transcripts = transcriptNames().map(loadTranscript);

/** The transcripts in which the embedded server did as recorded. */
const same: string[] = [];
/** The differences that were seen. */
const seen = new Set<Difference>();

describe('as recorded from a real server', () => {
  test.each(transcripts)('$name', async (transcript) => {
    const outcome = await replay(transcript, socketConnect, embeddedTarget);
    if (exceptions.has(transcript.name)) return;
    expect(outcome).toEqual(recordedOutcome(transcript));
    same.push(transcript.name);
  });
});

describe('in its limits, and unlike a real server', () => {
  let server: EmbeddedServer | undefined;
  beforeEach(async () => {
    server ??= await startChecked();
    await server.reset();
  });
  afterAll(() => server?.close());

  test.each([...limits, ...different, ...refused])('$feature: $here', async (difference) => {
    if (server === undefined) throw new Error('there is no server');
    await difference.check(server);
    seen.add(difference);
    expect(seen).toContain(difference);
  });
});

test('COMPAT.md says what this run found; `npm run compat` writes it anew', async () => {
  await expect(compatibility()).toMatchFileSnapshot('../../COMPAT.md');
});

test.each(liveUrl === undefined ? [] : transcripts)('a real server lives through $name', async (transcript) => {
  const target = (): Promise<ReplayTarget> => liveTarget(liveUrl ?? '', process.env['LIVE_SERVER_TOKEN']);
  expect(await replay(transcript, socketConnect, target)).toEqual(recordedOutcome(transcript));
});

test.each(liveUrl === undefined ? ['LIVE_SERVER_URL is not set'] : [])('no real server was asked: %s', (reason) => {
  console.log(`${reason}: the transcripts were played to the embedded server only`);
  expect(transcripts.length).toBeGreaterThan(0);
});

function compatibility(): string {
  const recorded = transcripts.map(({ name, about }) => {
    return `| ${about ?? 'Random calls of two clients'} (\`${name}\`) | ${same.includes(name) ? 'same' : 'differs'} |`;
  });
  const rows = (all: readonly Difference[]): readonly string[] =>
    all.filter((one) => seen.has(one)).map(({ feature, here }) => `| ${feature} | ${here} |`);
  return `# What the embedded server has in common with SpacetimeDB

Written by \`npm run compat\`, from what the conformance run found; a test fails when it is out of date. The measure is
${transcripts[0]?.server}.

## Same

Recorded between a real server and its clients: the same frames of the clients give the same frames of the server, after ids, times and the order of rows are
made equal, and leave the same rows. HTTP (\`http.json\`) and refused upgrades (\`handshake-failures.json\`) are compared answer by answer.

| recorded | |
|---|---|
${recorded.join('\n')}

## Limits

Each was tried at it and one above.

| limit | above it |
|---|---|
${rows(limits).join('\n')}

## Differs

| feature | here |
|---|---|
${rows(different).join('\n')}

## Refused, by name

| feature | here |
|---|---|
${rows(refused).join('\n')}
`;
}
