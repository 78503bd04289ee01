import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { referenceSchema } from '../module-def/fixtures.ts';
import { filesOf, run, temporaryFolder } from './command.ts';
import { listenOnLoopback } from '../support/loopback.ts';

const schemaFile = fileURLToPath(new URL('../reference-module/schema.v10.json', import.meta.url));

/** A server with one database; `versions` are those that its schema endpoint knows. */
async function schemaServer(
  versions: readonly (9 | 10)[],
): Promise<{ readonly url: string; readonly requests: string[] }> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.url ?? ''} ${request.headers.authorization ?? ''}`.trim());
    const version = versions.find((known) => request.url === `/v1/database/my%20notes/schema?version=${known}`);
    if (request.headers.authorization === 'Bearer wrong') response.writeHead(401).end('Invalid token');
    else if (request.url?.startsWith('/v1/database/my%20notes/') !== true)
      response.writeHead(404).end('no such database');
    else if (version === undefined) response.writeHead(400).end('unknown version');
    else response.end(referenceSchema(version));
  });
  onTestFinished(() => void server.close());
  const port = await listenOnLoopback(server);
  return { url: `http://127.0.0.1:${port}`, requests };
}

describe('generate from a server', () => {
  test('asks for version 10 with the token', async () => {
    const { url, requests } = await schemaServer([9, 10]);
    const folder = temporaryFolder();
    const result = await run(folder, ['generate', '-s', url, '-d', 'my notes', '--token', 'abc', '-o', '.']);
    expect(result.code).toBe(0);
    expect(requests).toEqual(['/v1/database/my%20notes/schema?version=10 Bearer abc']);
    await run(folder, ['generate', '--schema', schemaFile, '-o', 'b']);
    expect(filesOf(join(folder, 'b'))['types.ts']).toBe(readFileSync(join(folder, 'types.ts'), 'utf8'));
  });

  test('falls back to version 9 and says what that does not know', async () => {
    const { url, requests } = await schemaServer([9]);
    const { code, errors } = await run(temporaryFolder(), [
      'generate',
      '-s',
      url.replace('http://', ''),
      '-d',
      'my notes',
    ]);
    expect(code).toBe(0);
    expect(requests).toHaveLength(2);
    expect(errors).toEqual([
      expect.stringMatching(/^warning: version 9 of the schema does not say .*: take version 10 where there is one/),
    ]);
  });

  test.each([
    [
      'an unknown database',
      (url: string) => ['-s', url, '-d', 'other'],
      'there is no database "other" on this server: no such database',
    ],
    [
      'a wrong token',
      (url: string) => ['-s', url, '-d', 'my notes', '--token', 'wrong'],
      'refuses the token (status 401): Invalid token',
    ],
    ['the address of a WebSocket', () => ['-s', 'wss://x:3000', '-d', 'a'], 'by HTTP: write https://x:3000'],
    ['an address that is none', () => ['-s', 'ftp://x', '-d', 'a'], '"ftp://x" is not the address of a server'],
    [
      'nobody there',
      () => ['-s', 'http://127.0.0.1:1', '-d', 'a'],
      ': is the server running, and is that its address?',
    ],
  ])('%s gets one line', async (_, argsFor, problem) => {
    const { url } = await schemaServer([9, 10]);
    const { code, errors } = await run(temporaryFolder(), ['generate', ...argsFor(url)]);
    expect([code, errors.length]).toEqual([2, 1]);
    expect(errors[0]).toContain(problem);
  });
});
