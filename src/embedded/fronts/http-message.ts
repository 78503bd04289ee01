/** A request as the routes see it, whatever brought it. */
export interface HttpRequest {
  readonly method: string;
  /** The path, decoded, as its segments. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array;
}

/** What a route answers. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An answer of plain text, as servers give them for most errors. */
export function textAnswer(status: number, body: string): HttpAnswer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}

/** An answer of JSON, already printed. */
export function jsonAnswer(body: string): HttpAnswer {
  return { status: 200, headers: { 'content-type': 'application/json' }, body };
}

/** An answer without a body. */
export function emptyAnswer(status: number): HttpAnswer {
  return { status, headers: {}, body: '' };
}

/** `answer` with more headers; those of `answer` win. */
export function withHeaders(answer: HttpAnswer, headers: Readonly<Record<string, string>>): HttpAnswer {
  return { ...answer, headers: { ...headers, ...answer.headers } };
}

/** The one value of a header; of several the first. */
export function headerOf(request: Pick<HttpRequest, 'headers'>, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'object' ? value[0] : value;
}

/** The segments and the query of a request target. A segment that is no good percent encoding stays as it is. */
export function parseTarget(target: string): Pick<HttpRequest, 'segments' | 'query'> {
  const queryStart = target.indexOf('?');
  const path = queryStart === -1 ? target : target.slice(0, queryStart);
  return {
    segments: path.split('/').slice(1).map(decodeSegment),
    query: new URLSearchParams(queryStart === -1 ? '' : target.slice(queryStart)),
  };
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
