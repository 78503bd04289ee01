import { Identity } from '../../bsatn/special/identity.ts';
import { webSocketTokenSeconds } from '../tokens.ts';
import { newCaller } from './credentials.ts';
import { emptyAnswer, type HttpAnswer, jsonAnswer, textAnswer } from './http-message.ts';
import { type Route, type RouteContext } from './router.ts';

/** What a server says of itself; the version is the one whose behaviour this server has. */
const health = { nodes: [0], package_name: 'spacetimedb-client-api', schedulable: true, version: '2.8.3' };

/** The routes that need no database. */
export const identityRoutes: readonly Route[] = [
  { method: 'GET', path: '/v1/ping', answer: () => emptyAnswer(200) },
  { method: 'GET', path: '/v1/health', answer: () => jsonAnswer(JSON.stringify(health)) },
  { method: 'POST', path: '/v1/identity', ignoresCaller: true, answer: newIdentity },
  { method: 'POST', path: '/v1/identity/websocket-token', answer: webSocketToken },
  { method: 'GET', path: '/v1/identity/public-key', answer: publicKey },
  { method: 'GET', path: '/v1/identity/:identity/verify', answer: verifyIdentity },
  { method: 'GET', path: '/v1/identity/:identity/databases', answer: databasesOf },
];

function newIdentity({ host }: RouteContext): HttpAnswer {
  const { identity, token } = newCaller(host.tokens);
  return jsonAnswer(JSON.stringify({ identity: identity.toHexString(), token }));
}

/** Browsers cannot send headers with a WebSocket: they put this short-lived token into its URL. */
function webSocketToken({ host, caller }: RouteContext): HttpAnswer {
  if (caller === undefined) return textAnswer(401, 'Authorization required');
  return jsonAnswer(JSON.stringify({ token: host.tokens.issue(caller.subject, webSocketTokenSeconds) }));
}

function publicKey({ host }: RouteContext): HttpAnswer {
  const headers = { 'content-type': 'application/pem-certificate-chain' };
  return { status: 200, headers, body: host.tokens.publicKeyPem };
}

function verifyIdentity({ parameter, caller }: RouteContext): HttpAnswer {
  const identity = identityOf(parameter);
  if (identity === undefined) return badIdentity(parameter);
  if (caller === undefined) return textAnswer(401, 'Authorization required');
  return emptyAnswer(caller.identity.equals(identity) ? 204 : 400);
}

function databasesOf({ host, parameter }: RouteContext): HttpAnswer {
  const identity = identityOf(parameter);
  if (identity === undefined) return badIdentity(parameter);
  const identities = identity.equals(host.owner) ? [host.identity.toHexString()] : [];
  return jsonAnswer(JSON.stringify({ identities }));
}

function identityOf(text: string): Identity | undefined {
  return /^(?:0x)?[0-9a-fA-F]{64}$/.test(text) ? Identity.fromHexString(text) : undefined;
}

function badIdentity(text: string): HttpAnswer {
  return textAnswer(400, `Invalid URL: an identity has 64 hex digits: ${JSON.stringify(text.slice(0, 100))}`);
}
