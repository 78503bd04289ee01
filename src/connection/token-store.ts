/** Where the token of a client lives between runs. */
export interface AuthTokenStore {
  /** The token that was saved, or `undefined`. */
  loadToken(): Promise<string | undefined>;
  saveToken(token: string): Promise<void>;
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

  saveToken(token: string): Promise<void> {
    this.#token = token;
    return Promise.resolve();
  }

  clearToken(): Promise<void> {
    this.#token = undefined;
    return Promise.resolve();
  }
}
