import { type Caller, callerHeaders, callerOf, newCaller } from './credentials.ts';
import { databaseMissing, lookUpDatabase } from './database-name.ts';
import { emptyAnswer, type HttpAnswer, type HttpRequest, textAnswer, withHeaders } from './http-message.ts';
import { type Host } from '../host.ts';

/** What a route gets. `parameter` is what stands in the path for the `:…` that is not the database. */
export interface RouteContext {
  readonly host: Host;
  readonly request: HttpRequest;
  readonly parameter: string;
  readonly caller: Caller | undefined;
}

/** As {@link RouteContext}, of a route of the database: a request that names nobody gets an identity of its own. */
export interface DatabaseRouteContext extends RouteContext {
  readonly caller: Caller;
}

/** A route of the server. A segment `:…` of `path` stands for the parameter, a last one `*` for any number of segments. */
export interface Route {
  readonly method: string;
  readonly path: string;
  /** Whether it does not matter who asks, not even when his token is broken. */
  readonly ignoresCaller?: boolean;
  readonly answer: (context: RouteContext) => HttpAnswer | Promise<HttpAnswer>;
}

/** A route below `/v1/database/:database`, with `path` as for {@link Route}. */
export interface DatabaseRoute {
  readonly method: string;
  readonly path: string;
  readonly answer: (context: DatabaseRouteContext) => HttpAnswer | Promise<HttpAnswer>;
}

/** Answers HTTP requests. */
export type Router = (request: HttpRequest) => Promise<HttpAnswer>;

const databaseSegment = ':database';
/** Pages of any origin may read the answers. */
export const everyOrigin: Readonly<Record<string, string>> = { 'access-control-allow-origin': '*' };
const preflight = {
  ...everyOrigin,
  'access-control-allow-headers': 'authorization,accept,content-type',
  'access-control-allow-methods': '*',
};

/** Makes the router of a server. Pages of any origin may use it. */
export function createRouter(host: Host, routes: readonly Route[], databaseRoutes: readonly DatabaseRoute[]): Router {
  const table = [...routes.map(serverEntry), ...databaseRoutes.map(databaseEntry)];
  return async (request) => {
    if (request.method === 'OPTIONS') return withHeaders(emptyAnswer(200), preflight);
    const fitting = table.filter((entry) => fits(entry.segments, request.segments));
    const entry = fitting.find((one) => one.method === request.method);
    const answer = entry === undefined ? noRoute(request, fitting) : await entry.answer(host, request);
    return withHeaders(answer, everyOrigin);
  };
}

interface Entry {
  readonly method: string;
  readonly segments: readonly string[];
  readonly answer: (host: Host, request: HttpRequest) => Promise<HttpAnswer>;
}

function serverEntry(route: Route): Entry {
  const segments = route.path.split('/').slice(1);
  const answer = async (host: Host, request: HttpRequest): Promise<HttpAnswer> => {
    const parameter = parameterOf(segments, request);
    if (route.ignoresCaller === true) return route.answer({ host, request, parameter, caller: undefined });
    const credentials = callerOf(request, host.tokens);
    if ('refusal' in credentials) return credentials.refusal;
    return route.answer({ host, request, parameter, caller: credentials.caller });
  };
  return { method: route.method, segments, answer };
}

function databaseEntry(route: DatabaseRoute): Entry {
  const segments = `/v1/database/${databaseSegment}${route.path}`.split('/').slice(1);
  const answer = async (host: Host, request: HttpRequest): Promise<HttpAnswer> => {
    const credentials = callerOf(request, host.tokens);
    if ('refusal' in credentials) return credentials.refusal;
    const caller = credentials.caller ?? newCaller(host.tokens);
    const name = request.segments[2] ?? '';
    const lookup = lookUpDatabase(name, host.name, host.identity);
    const parameter = parameterOf(segments, request);
    const inner =
      lookup === 'found' ? await route.answer({ host, request, parameter, caller }) : databaseMissing(name, lookup);
    return withHeaders(inner, callerHeaders(caller));
  };
  return { method: route.method, segments, answer };
}

function parameterOf(segments: readonly string[], request: HttpRequest): string {
  const at = segments.findIndex((segment) => segment.startsWith(':') && segment !== databaseSegment);
  return request.segments[at] ?? '';
}

/** A trailing `*` stands for any number of segments. */
function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  const isOpen = pattern.at(-1) === '*';
  const fixed = isOpen ? pattern.slice(0, -1) : pattern;
  if (isOpen ? segments.length < fixed.length : segments.length !== fixed.length) return false;
  return fixed.every((part, index) => (part.startsWith(':') ? segments[index] !== '' : part === segments[index]));
}

function noRoute(request: HttpRequest, fitting: readonly Entry[]): HttpAnswer {
  if (fitting.length === 0) {
    return textAnswer(404, `there is no route ${request.method} /${request.segments.join('/')}`);
  }
  const allow = [...new Set(fitting.map((entry) => entry.method))].join(',');
  return withHeaders(emptyAnswer(405), { allow });
}
