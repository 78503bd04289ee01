import { type Address, httpUrl } from './address.ts';

/** Where a login ends. */
export interface AuthUrlOptions {
  /** The page that the provider sends the user back to, with the token. */
  readonly redirectUri?: string | undefined;
}

/** The page of a server where a login with `provider` begins; {@link parseTokenFromCallback} reads what comes back. */
export function authUrl(
  server: Pick<Address, 'host' | 'ssl'>,
  provider: string,
  { redirectUri }: AuthUrlOptions = {},
): string {
  const url = `${httpUrl(server, `/database/auth/${encodeURIComponent(provider)}`)}?init`;
  return redirectUri === undefined ? url : `${url}&redirect_uri=${encodeURIComponent(redirectUri)}`;
}

/** The token in the URL that a login came back to: of its query, or else of its fragment; `undefined` where there is none, or no URL. */
export function parseTokenFromCallback(url: string): string | undefined {
  const [withoutFragment = '', ...fragment] = url.split('#');
  const [, ...query] = withoutFragment.split('?');
  return tokenIn(query.join('?')) ?? tokenIn(fragment.join('#').replace(/^[/?]+/, ''));
}

function tokenIn(parameters: string): string | undefined {
  const token = new URLSearchParams(parameters).get('token');
  return token === null || token === '' ? undefined : token;
}
