import { schemaJson } from '../../module-def/index.ts';
import { callFunction } from './call-route.ts';
import { type HttpAnswer, jsonAnswer, textAnswer } from './http-message.ts';
import { type DatabaseRoute, type DatabaseRouteContext } from './router.ts';
import { runSql } from './sql-route.ts';

/** The routes below `/v1/database/:database` that this server has. */
export const databaseRoutes: readonly DatabaseRoute[] = [
  { method: 'GET', path: '', answer: describeDatabase },
  { method: 'GET', path: '/identity', answer: ({ host }) => textAnswer(200, host.identity.toHexString()) },
  { method: 'GET', path: '/schema', answer: describeSchema },
  { method: 'GET', path: '/logs', answer: readLogs },
  { method: 'GET', path: '/unstable/timestamp', answer: tellTime },
  { method: 'POST', path: '/call/:function', answer: callFunction },
  { method: 'POST', path: '/sql', answer: runSql },
];

/** The other routes of a server, refused by name. */
export const refusedRoutes: readonly DatabaseRoute[] = [
  ['PUT', '', 'publishing a module'],
  ['DELETE', '', 'deleting a database'],
  ['GET', '/names', 'names of databases'],
  ['POST', '/names', 'names of databases'],
  ['PUT', '/names', 'names of databases'],
  ['POST', '/pre_publish', 'publishing a module'],
  ['PUT', '/reset', 'resetting a database'],
  ['POST', '/lock', 'locking a database'],
  ['POST', '/unlock', 'unlocking a database'],
  ...['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].map(
    (method) => [method, '/route/*', 'HTTP handlers of modules'] as const,
  ),
].map(([method = '', path = '', what = '']) => ({ method, path, answer: () => notImplemented(what) }));

function notImplemented(what: string): HttpAnswer {
  return textAnswer(501, `the embedded server does not implement ${what}: it runs the one module it was started with`);
}

function describeDatabase({ host }: DatabaseRouteContext): HttpAnswer {
  return jsonAnswer(
    JSON.stringify({
      database_identity: { __identity__: shortHex(host.identity.value) },
      owner_identity: { __identity__: shortHex(host.owner.value) },
      host_type: { Wasm: [] },
      initial_program: shortHex(BigInt(`0x${host.programHash}`)),
    }),
  );
}

/** Typed JSON has numbers of 256 bits as hex without leading zeros. */
function shortHex(value: bigint): string {
  return `0x${value.toString(16)}`;
}

function describeSchema({ host, request }: DatabaseRouteContext): HttpAnswer {
  const version = request.query.get('version');
  if (version === '9' || version === '10') {
    return jsonAnswer(schemaJson(host.database.declared, version === '9' ? 9 : 10));
  }
  const problem =
    version === null ? 'missing field `version`' : `unknown variant \`${version}\`, expected \`9\` or \`10\``;
  return textAnswer(400, `Failed to deserialize query string: ${problem}`);
}

function readLogs({ host, request, caller }: DatabaseRouteContext): HttpAnswer {
  if (!caller.identity.equals(host.owner)) {
    const [who, database] = [caller.identity.toHexString(), host.identity.toHexString()];
    return textAnswer(403, `${who} is not authorized to perform action on database ${database}: view module logs`);
  }
  if (request.query.get('follow') === 'true') return notImplemented('following a log');
  const lines = request.query.get('num_lines') ?? '10000';
  if (!/^\d{1,9}$/.test(lines)) {
    return textAnswer(400, 'Failed to deserialize query string: num_lines: invalid digit found in string');
  }
  return { status: 200, headers: { 'content-type': 'application/x-ndjson' }, body: host.logs.print(Number(lines)) };
}

function tellTime({ host }: DatabaseRouteContext): HttpAnswer {
  return jsonAnswer(`{"__timestamp_micros_since_unix_epoch__":${host.clock.nowMicros()}}`);
}
