import { readFile } from 'node:fs/promises';
import { type ReplayTarget } from '../support/golden/replay.ts';
import { referenceWasm } from '../support/golden/reference-schema.ts';

let databases = 0;

/**
 * A real server at `url`, such as `http://127.0.0.1:3000`: the reference module is published to a new database, and deleted afterwards. Its owner is whom
 * `ownerToken` stands for, or somebody new. Rejects when the server does not take it.
 */
export async function liveTarget(url: string, ownerToken?: string): Promise<ReplayTarget> {
  const token = ownerToken ?? (await newOwner(url));
  const database = `conformance-${Date.now().toString(36)}-${++databases}`;
  const address = `${url}/v1/database/${database}`;
  const headers = { authorization: `Bearer ${token}` };
  await ask(address, { method: 'PUT', headers, body: new Uint8Array(await readFile(referenceWasm)) });
  const server = { url, host: new URL(url).host, database, ownerToken: token };
  return {
    server,
    pass: (millis) => new Promise((resolve) => setTimeout(resolve, millis)),
    close: async () => void (await ask(address, { method: 'DELETE', headers })),
  };
}

async function newOwner(url: string): Promise<string> {
  const answer = await ask(`${url}/v1/identity`, { method: 'POST' });
  const { token }: { token: string } = await answer.json();
  return token;
}

async function ask(address: string, request: RequestInit): Promise<Response> {
  const response = await fetch(address, request);
  if (response.ok) return response;
  throw new Error(`${request.method} ${address} answers ${response.status}: ${await response.text()}`);
}
