import { type Identity } from '../../bsatn/special/identity.ts';
import { type TokenAuthority } from '../tokens.ts';
import { headerOf, type HttpAnswer, type HttpRequest, textAnswer } from './http-message.ts';

/** Who makes a request. */
export interface Caller {
  readonly identity: Identity;
  /** The token that the caller brought, or the one that was made for him. */
  readonly token: string;
  /** The claim `sub` of the token. */
  readonly subject: string;
}

/** The caller that a request names, by header or, where there is none, by query parameter; `undefined` when it names nobody. */
export function callerOf(
  request: Pick<HttpRequest, 'headers' | 'query'>,
  tokens: TokenAuthority,
): { readonly caller: Caller | undefined } | { readonly refusal: HttpAnswer } {
  const authorization = headerOf(request, 'authorization');
  const bearer = authorization === undefined ? undefined : /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  if (authorization !== undefined && bearer === undefined) {
    return { refusal: textAnswer(400, 'Authorization is invalid: malformed token') };
  }
  const token = bearer ?? request.query.get('token') ?? undefined;
  if (token === undefined) return { caller: undefined };
  const verdict = tokens.verify(token);
  if ('problem' in verdict) return { refusal: textAnswer(401, verdict.problem) };
  return { caller: { identity: verdict.claims.identity, token, subject: verdict.claims.subject } };
}

/** Makes up a caller with an identity of his own and a token that does not expire. */
export function newCaller(tokens: TokenAuthority, subject?: string): Caller {
  const token = tokens.issue(subject);
  const verdict = tokens.verify(token);
  if ('problem' in verdict) throw new Error(`a token that was just made is refused: ${verdict.problem}`);
  return { identity: verdict.claims.identity, token, subject: verdict.claims.subject };
}

/** The headers that tell a caller who he is. */
export function callerHeaders({ identity, token }: Caller): Readonly<Record<string, string>> {
  return { 'spacetime-identity': identity.toHexString(), 'spacetime-identity-token': token };
}
