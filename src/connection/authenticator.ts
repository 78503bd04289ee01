import { AuthError, ConnectionError, isSpacetimeDbError, messageOf } from '../errors.ts';
import { type Address, httpUrl } from './address.ts';
import { type AuthTokenStore } from './token-store.ts';

/** Why a token is asked for: the first connection, a later one, or because the server refused the last token. */
export type TokenReason = 'connect' | 'reconnect' | 'rejected';

/**
 * A token, or a function that is asked for one at every attempt. When the function throws an {@link AuthError} (nobody is logged in), the connection
 * stops with it; after any other error the attempt has failed like one without a network.
 */
export type TokenSource = string | ((reason: TokenReason) => Promise<string>);

const nothing = (): void => undefined;

/** Where the server is asked. */
interface AuthenticatorHost {
  readonly address: Address;
  readonly fetch: typeof fetch;
}

/** A short-lived token, or why the server gives none for the long-lived one. */
export type TokenExchange = { readonly token: string } | { readonly refusal: string };

/** Knows the token of a client: from the application, from the store, or from the server at an anonymous first connection. */
export class Authenticator {
  readonly #host: AuthenticatorHost;
  /** Where the token outlives the client; undefined where it does not. */
  readonly #store: AuthTokenStore | undefined;
  #source: TokenSource | undefined;
  #token: string | undefined;
  /** The last use of the store, so that none overtakes another. */
  #settled: Promise<void> = Promise.resolve();
  /** The token of the server is on its way to the store. */
  #saving: Promise<void> | undefined;
  /** The store may still hold a token that is to be forgotten. */
  #isStoreStale = false;

  constructor(host: AuthenticatorHost, source: TokenSource | undefined, store: AuthTokenStore | undefined) {
    // Also for callers without a compiler: who was somebody would be connected anonymously.
    if (source !== undefined && typeof source !== 'string' && typeof source !== 'function')
      throw new TypeError(`token is ${String(source)}; it takes a string or a function`);
    this.#host = host;
    this.#source = source;
    this.#token = typeof source === 'string' ? source : undefined;
    this.#store = store;
  }

  /** The long-lived token, as far as it is known. */
  get token(): string | undefined {
    return this.#token;
  }

  /** Whether a refused token can be replaced by asking the application again. */
  get canRefresh(): boolean {
    return typeof this.#source === 'function';
  }

  /** Fulfilled when the store has been told everything that is known by now. */
  get written(): Promise<void> {
    return this.#settled;
  }

  /** Loads the token of an earlier run, or one that a login has put into the store, where there is none and the application gives none. */
  async load(): Promise<void> {
    if (this.#source !== undefined || this.#token !== undefined || this.#isStoreStale) return;
    const token = await this.#inTurn(() => this.#store?.loadToken());
    // A logout meanwhile waits for its turn.
    if (!this.#isStoreStale) this.#token ??= token;
  }

  /**
   * The token for the next attempt; `undefined` for an anonymous one. Rejects with an {@link AuthError} when there can be none, with a
   * {@link ConnectionError} when the application's function fails.
   */
  async tokenFor(reason: TokenReason): Promise<string | undefined> {
    if (typeof this.#source === 'function') this.#token = await ask(this.#source, reason);
    else await this.load();
    // A token that breaks a header must not get there: the platforms quote it in their errors. Nor must an empty one become an anonymous connection.
    if (this.#token !== undefined && !/^[\x21-\x7e]+$/.test(this.#token)) {
      throw new AuthError('the token is empty or has characters that no token has');
    }
    return this.#token;
  }

  /**
   * The token that the server gave to an anonymous connection: kept and reused from now on, unless another tab or process was first, whose token it is then.
   * The token of any other connection is not adopted: what the server echoes may be the short-lived one of the URL. Fulfilled when the store has it, or has
   * failed, which `onError` is told; undefined where there is nothing to wait for.
   */
  adopt(token: string, onError: (error: unknown) => void): Promise<void> | undefined {
    if (this.#token === undefined && this.#source === undefined) {
      this.#token = token;
      const store = this.#store;
      if (store !== undefined) {
        const saving = this.#save(token, store, onError).finally(() => {
          // That of somebody else may be next.
          if (this.#saving === saving) this.#saving = undefined;
        });
        this.#saving = saving;
      }
    }
    return this.#saving;
  }

  async #save(token: string, store: AuthTokenStore, onError: (error: unknown) => void): Promise<void> {
    try {
      await this.#inTurn(() => this.#keep(token, store));
    } catch (error) {
      onError(error);
    }
  }

  async #keep(token: string, store: AuthTokenStore): Promise<void> {
    const first = this.#isStoreStale ? undefined : await store.loadToken();
    if (first === undefined) return store.saveToken(token);
    // A logout meanwhile waits for its turn.
    if (this.#token === token) this.#token = first;
  }

  /** Forgets the token, here and in the store; a function is asked again, anything else is anonymous from here on. */
  async clear(): Promise<void> {
    this.#token = undefined;
    if (typeof this.#source === 'string') this.#source = undefined;
    this.#isStoreStale = true;
    await this.#inTurn(() => this.#store?.clearToken());
    this.#isStoreStale = false;
  }

  #inTurn<T>(use: () => Promise<T> | undefined): Promise<T | undefined> {
    const used = this.#settled.then(use);
    this.#settled = used.then(nothing, nothing);
    return used;
  }

  /**
   * Exchanges `token` for one that lives a minute and may stand in a URL.
   * Rejects with a {@link ConnectionError} when the server cannot be asked.
   */
  async exchange(token: string, signal: AbortSignal): Promise<TokenExchange> {
    const { address, fetch } = this.#host;
    const url = httpUrl(address, '/v1/identity/websocket-token');
    const request = { method: 'POST', headers: { authorization: `Bearer ${token}` }, signal };
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, request);
      text = await response.text();
    } catch (cause) {
      throw new ConnectionError(`asking ${url} for a short-lived token failed; is the server running?`, { cause });
    }
    if (response.status === 401) return { refusal: text.slice(0, 500).replaceAll(token, '<token>') };
    const exchanged = response.ok ? tokenIn(text) : undefined;
    if (exchanged === undefined)
      throw new ConnectionError(`asking ${url} for a short-lived token: HTTP status ${response.status} without one`);
    return { token: exchanged };
  }
}

async function ask(source: (reason: TokenReason) => Promise<string>, reason: TokenReason): Promise<string> {
  let token: unknown;
  try {
    token = await source(reason);
  } catch (cause) {
    if (isSpacetimeDbError(cause, 'auth')) throw cause;
    throw new ConnectionError(`asking the application for a token (${reason}): ${messageOf(cause)}`, { cause });
  }
  if (typeof token === 'string') return token;
  throw new AuthError(`the application gave no token (${reason}); throw an AuthError where nobody is logged in`);
}

/** The token of the server's answer. What cannot be read is not quoted: there may be a token in it. */
function tokenIn(text: string): string | undefined {
  try {
    const { token }: { readonly token?: unknown } = JSON.parse(text);
    return typeof token === 'string' ? token : undefined;
  } catch {
    return undefined;
  }
}
