import { Failure } from './failure.ts';

const timeoutMs = 30_000;

/** What a server is asked with. */
export interface SchemaRequest {
  /** The address of the server, with or without `http://`. */
  readonly server: string;
  /** Name or identity of the database. */
  readonly database: string;
  readonly token: string | undefined;
}

/** The schema that a server gives for a database, version 10 or, from a server that does not know it, 9. Throws a {@link Failure}. */
export async function fetchSchema(request: SchemaRequest): Promise<{ readonly url: string; readonly text: string }> {
  const base = baseUrl(request.server);
  const urlOf = (version: 9 | 10): string =>
    new URL(`v1/database/${encodeURIComponent(request.database)}/schema?version=${version}`, base).href;
  const newest = await get(urlOf(10), request.token);
  if (newest.status !== 400) return { url: urlOf(10), text: textOf(newest, urlOf(10), request) };
  const older = await get(urlOf(9), request.token);
  return { url: urlOf(9), text: textOf(older, urlOf(9), request) };
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function get(url: string, token: string | undefined): Promise<Answer> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(timeoutMs) });
    return { status: response.status, text: await response.text() };
  } catch (cause) {
    const advice = 'is the server running, and is that its address?';
    throw new Failure(`cannot reach ${url}: ${reasonOf(cause)}: ${advice}`, { cause });
  }
}

/** What `fetch` rejects with says only that it failed; its cause says why. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return cause.message === '' && 'code' in cause ? String(cause.code) : cause.message;
}

function textOf({ status, text }: Answer, url: string, { database }: SchemaRequest): string {
  if (status === 200) return text;
  const said = text.trim() === '' ? '' : `: ${text.slice(0, 200)}`;
  if (status === 404)
    throw new Failure(`${url}: there is no database ${JSON.stringify(database)} on this server${said}`);
  if (status === 401 || status === 403)
    throw new Failure(`${url}: the server refuses the token (status ${status})${said}`);
  throw new Failure(`${url}: the server answered with status ${status}${said}`);
}

function baseUrl(server: string): URL {
  const withScheme = server.includes('://') ? server : `http://${server}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  if (url?.protocol === 'ws:' || url?.protocol === 'wss:') {
    const written = server.replace(/^ws/i, 'http');
    throw new Failure(`${server} is the address of a WebSocket, and the schema is asked for by HTTP: write ${written}`);
  }
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new Failure(`${JSON.stringify(server)} is not the address of a server, such as http://localhost:3000`);
  }
  return url.pathname.endsWith('/') ? url : new URL(`${url.href}/`);
}
