import { Identity } from '../../../src/bsatn/special/identity.ts';
import { type EmbeddedServer } from '../../../src/embedded/embedded-server.ts';
import { type Json } from './json.ts';
import { type PlainAnswer, sendRequest } from './http-request.ts';
import { type HttpExchange, type RefusedUpgrade } from './http-transcript.ts';
import { Labels } from './labels.ts';

/** Who takes part in `http.json`. */
export interface HttpParties {
  readonly client: Identity;
  readonly owner: Identity;
  readonly database: Identity;
}

/** Those who took part when it was recorded. */
export const recordedParties: HttpParties = {
  client: Identity.fromHexString('c200d3b64107b6f0b1e537b51f773ae0659738d3ce683b71517f70c3c70e87e4'),
  owner: Identity.fromHexString('c200b1bc96cf9079cb3a27789fed8141cfd8adc57aee3b6c9bbb1253c8c4956d'),
  database: Identity.fromHexString('c200ec803542abd8ca94cd774be79efea0f15f6d910885c52f6db3d6a8140ef0'),
};

/** Sends a recorded request to another server, in the name of those who take part there. */
export async function repeatExchange(
  { request }: HttpExchange,
  server: EmbeddedServer,
  parties: HttpParties,
  tokens: { readonly client: string; readonly owner: string },
): Promise<PlainAnswer> {
  const headers = new Map(request.headers);
  const { authorization } = request;
  if (authorization !== undefined) {
    headers.set('authorization', authorization.replace('<token>', tokens.client).replace('<owner>', tokens.owner));
  }
  const path = request.path.replace(recordedParties.client.toHexString(), parties.client.toHexString());
  return sendRequest(server, { method: request.method, path, headers, body: request.body });
}

/** The headers that a server sets on purpose; the others are those of its HTTP library. */
const compared = /^(?:content-type|spacetime-identity.*|access-control-.*)$/;

/** Answers in a form in which two servers can be compared. Whoever is not known gets his name from the request that made him up. */
export function canonicalAnswers(
  exchanges: readonly HttpExchange[],
  answers: readonly PlainAnswer[],
  parties: HttpParties,
): readonly Json[] {
  const labels = new Labels();
  for (const [name, identity] of Object.entries(parties)) labels.nameIdentity(identity, name);
  return answers.map(({ status, headers, body }, index) => {
    const note = exchanges[index]?.note ?? '';
    for (const text of [headers.get('spacetime-identity') ?? '', body]) nameNewcomers(text, note, labels);
    const kept = [...headers].filter(([name]) => compared.test(name));
    const named = kept.map(([name, value]) => [name, labels.inText(withoutTokens(value))] as const);
    return {
      note,
      status,
      headers: Object.fromEntries(named),
      body: labels.inText(withoutTokens(body)).replace(/("ts"|"total_duration_micros"):\d+/g, '$1:0'),
    };
  });
}

/** Identities begin with `c200`; hashes may not be taken for one. */
function nameNewcomers(text: string, note: string, labels: Labels): void {
  for (const [hex] of text.matchAll(/\bc200[0-9a-f]{60}\b/g)) {
    const identity = Identity.fromHexString(hex);
    if (labels.identity(identity) === hex) labels.nameIdentity(identity, note);
  }
}

function withoutTokens(text: string): string {
  return text.replace(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, '<token>').replace(/(Invalid token:).*/, '$1 …');
}

/** Tries an upgrade again that was refused; the result is what it was refused with. */
export async function repeatUpgrade(attempt: RefusedUpgrade, server: EmbeddedServer): Promise<PlainAnswer> {
  const upgrade = new Map([
    ['connection', 'Upgrade'],
    ['upgrade', 'websocket'],
    ['sec-websocket-version', '13'],
    ['sec-websocket-key', 'AAAAAAAAAAAAAAAAAAAAAA=='],
    ...attempt.headers,
  ]);
  if (attempt.protocols.length > 0) upgrade.set('sec-websocket-protocol', attempt.protocols.join(', '));
  return sendRequest(server, { method: 'GET', path: attempt.path, headers: upgrade });
}

/** What an upgrade was refused with, without the identity that was made up for it and the words of a token library. */
export function canonicalRefusal({ status, body }: Pick<PlainAnswer, 'status' | 'body'>): string {
  return `${status} ${withoutTokens(body).replace(/(authorize) c200[0-9a-f]{60}/, '$1 …')}`;
}
