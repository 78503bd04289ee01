import { ConnectionId } from '../../bsatn/special/connection-id.ts';
import { type Identity } from '../../bsatn/special/identity.ts';
import { type Compression } from '../../wire/compression.ts';
import { type ProtocolVersion, subprotocols } from '../../wire/version.ts';
import { type TokenAuthority } from '../tokens.ts';
import { type Caller, callerHeaders, callerOf, newCaller } from './credentials.ts';
import { databaseMissing, lookUpDatabase } from './database-name.ts';
import { queryFlag } from './query-flag.ts';
import { headerOf, type HttpAnswer, type HttpRequest, textAnswer, withHeaders } from './http-message.ts';

/** What a handshake has to know of the server. */
export interface HandshakeContext {
  readonly name: string;
  readonly identity: Identity;
  readonly tokens: TokenAuthority;
  /** The versions that the server speaks, the one it likes best first. */
  readonly protocols: readonly ProtocolVersion[];
}

/** What the two sides agreed on. */
export interface Agreement {
  readonly caller: Caller;
  readonly version: ProtocolVersion;
  readonly compression: Compression;
  /** Whether the client wants to hear only of what cannot be lost any more. */
  readonly confirmed: boolean;
  /** The id that the client asked for. */
  readonly connectionId: ConnectionId | undefined;
}

/** An upgrade request, which has no body. */
export type UpgradeRequest = Omit<HttpRequest, 'body'>;

/** Whether a path is the one that WebSockets go to. */
export function isSubscribePath(segments: readonly string[]): boolean {
  const [version, kind, database, action, ...rest] = segments;
  const fits = version === 'v1' && kind === 'database' && action === 'subscribe';
  return fits && database !== undefined && rest.length === 0;
}

/** Checks the request for `/v1/database/:name/subscribe` in the order in which a server does, so that the first fault is the one it names. */
export function shakeHands(
  request: UpgradeRequest,
  context: HandshakeContext,
): { readonly agreement: Agreement } | { readonly refusal: HttpAnswer } {
  if (!isSubscribePath(request.segments)) {
    return refuse(404, `there is no route ${request.method} /${request.segments.join('/')}`);
  }
  const credentials = callerOf(request, context.tokens);
  if ('refusal' in credentials) return credentials;
  const caller = credentials.caller ?? newCaller(context.tokens);
  const outcome = agree(request, context, caller);
  if ('agreement' in outcome) return outcome;
  return { refusal: withHeaders(outcome.refusal, callerHeaders(caller)) };
}

function agree(
  request: UpgradeRequest,
  context: HandshakeContext,
  caller: Caller,
): { readonly agreement: Agreement } | { readonly refusal: HttpAnswer } {
  const database = request.segments[2] ?? '';
  const lookup = lookUpDatabase(database, context.name, context.identity);
  if (lookup === 'badName') return { refusal: databaseMissing(database, lookup) };
  const parameters = readParameters(request.query);
  if ('problem' in parameters) return refuse(400, `Failed to deserialize query string: ${parameters.problem}`);
  const upgradeFault = faultOfUpgrade(request);
  if (upgradeFault !== undefined) return { refusal: upgradeFault };
  const { compression, connectionId, confirmed } = parameters;
  if (connectionId?.value === 0n) {
    return refuse(400, 'Invalid connection ID: the all-zeros ConnectionId is reserved.');
  }
  if (lookup === 'unknownName') return { refusal: databaseMissing(database, lookup) };
  if (lookup === 'unknownIdentity') {
    const identity = database.replace(/^0x/, '').toLowerCase();
    const problem = `Unable to authorize ${caller.identity.toHexString()} for SQL: database ${identity} not found`;
    return refuse(500, problem);
  }
  const offered = (headerOf(request, 'sec-websocket-protocol') ?? '').split(',').map((one) => one.trim());
  const version = context.protocols.find((one) => offered.includes(subprotocols[one]));
  if (version === undefined) return refuse(400, 'no valid protocol selected');
  return { agreement: { caller, version, compression, connectionId, confirmed } };
}

function refuse(status: number, body: string): { readonly refusal: HttpAnswer } {
  return { refusal: textAnswer(status, body) };
}

function faultOfUpgrade(request: UpgradeRequest): HttpAnswer | undefined {
  if (request.method !== 'GET') return textAnswer(405, 'Request method must be `GET`');
  const connection = (headerOf(request, 'connection') ?? '').toLowerCase().split(/\s*,\s*/);
  const upgrade = (headerOf(request, 'upgrade') ?? '').toLowerCase();
  if (!connection.includes('upgrade') || upgrade !== 'websocket') {
    return withHeaders(textAnswer(426, 'This service requires use of the websocket protocol'), {
      connection: 'upgrade',
      upgrade: 'websocket',
    });
  }
  if (headerOf(request, 'sec-websocket-version') !== '13') {
    return textAnswer(400, '`Sec-WebSocket-Version` header must be 13');
  }
  if (headerOf(request, 'sec-websocket-key') === undefined)
    return textAnswer(400, '`Sec-WebSocket-Key` header is missing');
  return undefined;
}

const compressions: ReadonlyMap<string, Compression> = new Map([
  ['None', 'none'],
  ['Brotli', 'brotli'],
  ['Gzip', 'gzip'],
]);

/** The query parameters that mean something; `light` is only checked, all others are ignored. */
function readParameters(
  query: URLSearchParams,
): Pick<Agreement, 'compression' | 'connectionId' | 'confirmed'> | { readonly problem: string } {
  const wanted = query.get('compression') ?? 'Brotli';
  const compression = compressions.get(wanted);
  if (compression === undefined) {
    return { problem: `unknown variant \`${wanted}\`, expected one of \`None\`, \`Brotli\`, \`Gzip\`` };
  }
  const light = queryFlag(query, 'light', false);
  if ('problem' in light) return light;
  const confirmed = queryFlag(query, 'confirmed', true);
  if ('problem' in confirmed) return confirmed;
  const flags = { compression, confirmed: confirmed.value };
  const id = query.get('connection_id');
  if (id === null) return { ...flags, connectionId: undefined };
  if (!/^[0-9a-fA-F]{32}$/.test(id)) return { problem: 'connection_id: expected 32 hex digits' };
  return { ...flags, connectionId: ConnectionId.fromHexString(id) };
}
