import { asObject, asTexts, type JsonObject, readGolden } from './json.ts';

/** One HTTP request to a real server and its answer. */
export interface HttpExchange {
  readonly note: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    /** `<token>` stands for the token of the client, `<owner>` for the one of the database's owner. */
    readonly authorization: string | undefined;
    readonly headers: Headers;
    readonly body: string | undefined;
  };
  readonly response: { readonly status: number; readonly headers: Headers; readonly body: string };
}

/** Headers by their names in lower case. */
export type Headers = ReadonlyMap<string, string>;

/** An upgrade to a WebSocket that the server refused. */
export interface RefusedUpgrade {
  readonly note: string;
  readonly path: string;
  readonly protocols: readonly string[];
  readonly headers: Headers;
  readonly status: number;
  readonly body: string;
}

/** The steps of `test/golden/http.json`. */
export function loadHttpExchanges(): readonly HttpExchange[] {
  return objects(readGolden('http'), 'steps').map((step) => {
    const request = step.object('request');
    const response = step.object('response');
    return {
      note: step.text('note'),
      request: {
        method: request.text('method'),
        path: request.text('path'),
        authorization: request.optionalText('authorization'),
        headers: readHeaders(request),
        body: request.optionalText('body'),
      },
      response: { status: response.integer('status'), headers: readHeaders(response), body: response.text('body') },
    };
  });
}

/** The attempts of `test/golden/handshake-failures.json`. */
export function loadRefusedUpgrades(): readonly RefusedUpgrade[] {
  return objects(readGolden('handshake-failures'), 'attempts').map((attempt) => ({
    note: attempt.text('note'),
    path: attempt.text('path'),
    protocols: asTexts(attempt.list('protocols'), `${attempt.where}.protocols`),
    headers: readHeaders(attempt),
    status: attempt.integer('status'),
    body: attempt.text('body'),
  }));
}

function objects(file: JsonObject, name: string): readonly JsonObject[] {
  return file.list(name).map((item, index) => asObject(item, `${file.where}.${name}[${index}]`));
}

function readHeaders(message: JsonObject): Headers {
  const headers = message.optionalObject('headers');
  return new Map(headers?.entries().map(([name]) => [name, headers.text(name)]));
}
