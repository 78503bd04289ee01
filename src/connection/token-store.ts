/**
 * Where the token of a client lives between runs. Every promise has to settle: `create` waits for `loadToken`, the very first connection for `saveToken`, before
 * anything is said or called in it, `logout` and `dispose` for all that is under way, without a bound, since nobody but the store knows how long it may take.
 * A rejection of `saveToken` goes to `onError`. Where two tabs or processes connect for the first time at once, the token that is saved first is that of both.
 */
export interface AuthTokenStore {
  /** The token that was saved, or `undefined`. */
  loadToken(): Promise<string | undefined>;
  /** Keeps the token, in place of one that is there. */
  saveToken(token: string): Promise<void>;
  /** Forgets the token; fulfilled when it is gone. */
  clearToken(): Promise<void>;
}

/** Keeps the token as long as the process or page lives. */
export class InMemoryTokenStore implements AuthTokenStore {
  #token: string | undefined;

  constructor(token?: string) {
    this.#token = token;
  }

  loadToken(): Promise<string | undefined> {
    return Promise.resolve(this.#token);
  }

  /** Keeps the token. */
  saveToken(token: string): Promise<void> {
    this.#token = token;
    return Promise.resolve();
  }

  /** Forgets the token. */
  clearToken(): Promise<void> {
    this.#token = undefined;
    return Promise.resolve();
  }
}
