import { asList, asObject, type Json } from './json.ts';
import { type ReplayedServer } from './replay-client.ts';

/** The rows that SQL over HTTP answers to the owner; integers of more than 15 digits are texts, as in the transcripts. */
export async function sqlOverHttp(server: ReplayedServer, sql: string): Promise<readonly Json[]> {
  const response = await fetch(`${server.url}/v1/database/${server.database}/sql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.ownerToken}` },
    body: sql,
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${sql} answers ${response.status}: ${text}`);
  const [result] = asList(parseExactly(text), 'the answer');
  return asObject(result, 'the result').list('rows');
}

/** Parses JSON without losing digits. */
function parseExactly(text: string): Json {
  const tokens = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
  const parsed: Json = JSON.parse(text.replace(tokens, (token) => (/^-?\d{16,}$/.test(token) ? `"${token}"` : token)));
  return parsed;
}
