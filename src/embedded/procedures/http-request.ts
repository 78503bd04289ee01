import { BsatnReader } from '../../bsatn/reader.ts';
import { BsatnWriter } from '../../bsatn/writer.ts';
import { messageOf } from '../../errors.ts';

/*
 * request     method:sum headers:[header …] timeout:option<i64 micros> uri:string version:sum
 * response    headers:[header …] version:sum code:u16
 *
 * header      name:string value:bytes
 * method      GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH, then any other as a string
 * version     0.9 1.0 1.1 2 3
 */

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'] as const;
const otherMethod = methods.length;
const http11 = 2;

/** How long a request may take where the module does not say, and at most, in milliseconds. */
const timeouts = { default: 30_000, longest: 180_000 } as const;

/** The answer to a request of a procedure, as the module reads it; or what went wrong. */
export type HttpOutcome = { readonly response: Uint8Array; readonly body: Uint8Array } | { readonly problem: string };

interface ProcedureRequest {
  readonly method: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly timeoutMs: number;
  readonly uri: string;
}

/** Reads a request. Throws a `ProtocolError` for bytes that are none. */
export function readHttpRequest(bytes: Uint8Array): ProcedureRequest {
  const reader = new BsatnReader(bytes, 'an HTTP request');
  const tag = reader.u8();
  const method = tag === otherMethod ? reader.string() : (methods[tag] ?? reader.unknownTag('HttpMethod'));
  const latin1 = new TextDecoder('latin1');
  const headers = Array.from({ length: reader.count('headers', 8) }, () => {
    return [reader.string(), latin1.decode(reader.byteArray())] as const;
  });
  const timeoutMs = reader.u8() === 0 ? Number(reader.i64() / 1000n) : timeouts.default;
  return { method, headers, timeoutMs: Math.min(Math.max(timeoutMs, 0), timeouts.longest), uri: reader.string() };
}

/** Makes a request of a procedure with the `fetch` of the platform, until `closed` ends it. Never rejects. */
export async function makeHttpRequest(
  request: ProcedureRequest,
  body: Uint8Array,
  closed: AbortSignal,
): Promise<HttpOutcome> {
  const timeout = AbortSignal.timeout(request.timeoutMs);
  // The signal that is made of it does not keep it, and one that was collected ends nothing: one that somebody listens to stays.
  timeout.addEventListener('abort', () => undefined);
  try {
    const hasBody = request.method !== 'GET' && request.method !== 'HEAD';
    const answer = await fetch(request.uri, {
      method: request.method,
      headers: request.headers.map(([name, value]) => [name, value]),
      redirect: 'manual',
      signal: AbortSignal.any([closed, timeout]),
      ...(hasBody && { body: Uint8Array.from(body) }),
    });
    const content = new Uint8Array(await answer.arrayBuffer());
    // The body has been decoded; its former length is none of it. To HEAD none comes, and the headers are all that was asked for.
    const isDecoded = request.method !== 'HEAD' && answer.headers.has('content-encoding');
    const headers = [...answer.headers].filter(([name]) => !isDecoded || !/^content-(?:encoding|length)$/.test(name));
    return { response: writeResponse(answer.status, headers), body: content };
  } catch (error) {
    return { problem: problemOf(error) };
  }
}

function writeResponse(status: number, headers: readonly (readonly [string, string])[]): Uint8Array {
  const writer = new BsatnWriter();
  writer.u32(headers.length);
  for (const [name, value] of headers) {
    writer.string(name);
    const bytes = Buffer.from(value, 'latin1');
    writer.u32(bytes.length);
    writer.raw(bytes);
  }
  writer.u8(http11);
  writer.u16(status);
  return writer.finish();
}

/** `fetch` says only that it failed, and its cause why. */
function problemOf(error: unknown): string {
  const cause = typeof error === 'object' && error !== null && 'cause' in error ? error.cause : undefined;
  return cause === undefined ? messageOf(error) : `${messageOf(error)}: ${messageOf(cause)}`;
}
