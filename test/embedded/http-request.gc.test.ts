import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { makeHttpRequest } from '../../src/embedded/procedures/http-request.ts';
import { listenOnLoopback } from '../support/loopback.ts';

test('a request of a procedure that nobody answers ends in its time, whatever is collected meanwhile', async () => {
  expect(globalThis.gc).toBeTypeOf('function');
  const server = createServer(() => undefined);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const uri = `http://127.0.0.1:${await listenOnLoopback(server)}/`;
  const request = { method: 'GET', headers: [], timeoutMs: 500, uri };
  const collecting = setInterval(() => globalThis.gc?.(), 20);
  onTestFinished(() => clearInterval(collecting));
  const outcome = await makeHttpRequest(request, new Uint8Array(), new AbortController().signal);
  expect(outcome).toEqual({ problem: expect.stringContaining('timeout') });
});
