import { fork } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { referenceWasm } from '../support/golden/reference-schema.ts';
import { bundleProcess } from '../support/bundle-process.ts';
import { recordedOutcome, replay } from '../support/golden/replay.ts';
import { socketConnect } from '../support/golden/replay-client.ts';
import { loadTranscript, transcriptNames } from '../support/golden/transcript.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { liveTarget } from './live-target.ts';
import { listenOnLoopback } from '../support/loopback.ts';

/** What was asked: method, path, token, and how many bytes came. */
const asked: string[] = [];
let refuses = false;
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let bytes = 0;
  for await (const part of request) bytes += part instanceof Uint8Array ? part.length : 0;
  const path = request.url?.replace(/conformance-[a-z0-9-]+/, 'NAME');
  asked.push(`${request.method} ${path} ${request.headers.authorization ?? '-'} ${bytes}`);
  response.statusCode = refuses && request.method === 'PUT' ? 403 : 200;
  response.end(path === '/v1/identity' ? JSON.stringify({ identity: '00', token: 'mine' }) : 'not yours');
}
const server = createServer((request, response) => void answer(request, response));
let url = '';

beforeAll(async () => {
  url = `http://127.0.0.1:${await listenOnLoopback(server)}`;
});
afterAll(() => void server.close());

test('a live server is asked for an owner, gets the module, and loses it again', async () => {
  const target = await liveTarget(url);
  expect(target.server).toMatchObject({ url, host: url.slice('http://'.length), ownerToken: 'mine' });
  await target.pass(1);
  await target.close();
  const size = readFileSync(referenceWasm).length;
  expect(asked).toEqual([
    'POST /v1/identity - 0',
    `PUT /v1/database/NAME Bearer mine ${size}`,
    'DELETE /v1/database/NAME Bearer mine 0',
  ]);
});

test('a live server that does not take the module is told of', async () => {
  refuses = true;
  await expect(liveTarget(url)).rejects.toThrow('answers 403: not yours');
});

/** A server that publishes and serves databases in a process of its own, until the test has ended. */
async function startStandIn(): Promise<string> {
  const program = await bundleProcess(new URL('stand-in-main.ts', import.meta.url), temporaryFolder());
  const child = fork(program, [referenceWasm], { execArgv: [] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const port = await new Promise((resolve, reject) => {
    child.once('message', (told: { readonly port: number }) => resolve(told.port));
    child.once('exit', () => reject(new Error('the server ended before it said its port')));
  });
  return `http://127.0.0.1:${String(port)}`;
}

test('a server elsewhere, of which nothing but its URL is known, lives through all transcripts', async () => {
  const url = await startStandIn();
  for (const transcript of transcriptNames().map(loadTranscript)) {
    const outcome = await replay(transcript, socketConnect, () => liveTarget(url));
    const { name } = transcript;
    expect({ name, ...outcome }).toEqual({ name, ...recordedOutcome(transcript) });
  }
});
