import { request } from 'node:http';
import { type EmbeddedServer } from '../../../src/embedded/embedded-server.ts';
import { type Headers } from './http-transcript.ts';

/** An answer as it came. */
export interface PlainAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Sends a request with exactly these headers, which `fetch` would not. */
export async function sendRequest(
  server: EmbeddedServer,
  options: {
    readonly method: string;
    readonly path: string;
    readonly headers: Headers;
    readonly body?: string | undefined;
  },
): Promise<PlainAnswer> {
  const { method, path, headers, body } = options;
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: server.port, method, path, headers: Object.fromEntries(headers) });
    sent.on('error', reject);
    sent.on('upgrade', (_, socket) => {
      socket.destroy();
      reject(new Error(`${path} was upgraded`));
    });
    sent.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => {
        const pairs = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const);
        resolve({ status: response.statusCode ?? 0, headers: new Map(pairs), body: Buffer.concat(parts).toString() });
      });
    });
    sent.end(body);
  });
}
