import { AuthError, ConnectionError, messageOf, SpacetimeDbError, TimeoutError } from '../errors.ts';
import { type Address, upgradeUrl, type UpgradeParameters } from './address.ts';
import { type Authenticator, type TokenReason } from './authenticator.ts';
import { type Conversation, Link, type LinkEnd, type LinkHandlers, type LinkHost, type LinkOptions } from './link.ts';

/** What an attempt works with. */
export interface AttemptOptions extends LinkOptions, Omit<UpgradeParameters, 'token'> {
  readonly host: LinkHost & { readonly reportError: (error: unknown) => void };
  readonly address: Address;
  readonly authenticator: Authenticator;
  /** From the start until the first message of the server has come, and a new token is kept, in milliseconds. */
  readonly connectTimeoutMs: number;
}

/**
 * One attempt to connect, and the link that it leads to.
 *
 * ```text
 * token ──► short-lived token (where headers cannot carry one) ──► link ──► a new token is kept ──► open … ──► end
 *   ▲                                      │                        │                 │
 *   ├──────── refused, once, where the application can be asked ────┘                 │
 *   └──────── another tab or process was the first to keep one, which is used ────────┘
 * ```
 */
export class Attempt {
  readonly #options: AttemptOptions;
  readonly #handlers: LinkHandlers;
  readonly #closing = new AbortController();
  readonly #cancelTimer: () => void;
  #waitingFor = '';
  #link: Link | undefined;

  /** `handlers` are never called from within here. */
  constructor(options: AttemptOptions, reason: TokenReason, handlers: LinkHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    const { connectTimeoutMs, clock } = options;
    this.#cancelTimer = clock.setTimer(connectTimeoutMs, () => {
      const problem = `connecting: ${this.#waitingFor} did not come within ${connectTimeoutMs} ms`;
      this.#end('lost', new TimeoutError(problem));
    });
    void this.#start(reason);
  }

  /** The link, as soon as there is a socket. */
  get link(): Link | undefined {
    return this.#link;
  }

  /** Ends the attempt or the connection; nothing is reported any more. `reason` goes to the server. */
  close(reason: string): void {
    this.#closing.abort();
    this.#cancelTimer();
    this.#link?.close(reason);
  }

  get #isOver(): boolean {
    return this.#closing.signal.aborted;
  }

  async #start(reason: TokenReason): Promise<void> {
    try {
      const { authenticator, connector } = this.#options;
      this.#waitingFor = 'a token from the application';
      const token = await authenticator.tokenFor(reason);
      if (this.#isOver) return;
      if (token === undefined || connector.sendsHeaders) return this.#open(reason, token);
      this.#waitingFor = 'a short-lived token from the server';
      const exchange = await authenticator.exchange(token, this.#closing.signal);
      if (this.#isOver) return;
      if ('refusal' in exchange) this.#onRefused(reason, exchange.refusal);
      else this.#open(reason, token, exchange.token);
    } catch (error) {
      if (error instanceof AuthError) this.#end('refused', error);
      else if (error instanceof SpacetimeDbError) this.#end('lost', error);
      else this.#end('lost', new ConnectionError(`connecting: ${String(error)}`, { cause: error }));
    }
  }

  /** `parameter`: the short-lived token for the URL, where headers cannot carry the other one. */
  #open(reason: TokenReason, token: string | undefined, parameter?: string): void {
    this.#waitingFor = 'the first message of the server';
    const url = upgradeUrl(this.#options.address, { ...this.#options, token: parameter });
    try {
      this.#link = new Link(this.#options, url, parameter === undefined ? token : undefined, {
        ...this.#handlers,
        onOpen: (conversation) => this.#keepToken(reason, token, conversation),
        onEnd: (end, error) => {
          if (end === 'refused') this.#onRefused(reason, messageOf(error));
          else this.#end(end, error);
        },
      });
    } catch (error) {
      // Platforms quote the URL in such errors, and there may be a token in it.
      const problem = error instanceof Error ? error.name : 'an error';
      throw new ConnectionError(`connecting: the platform takes no socket to ${url.split('?', 1)[0]} (${problem})`);
    }
  }

  /** Nothing is said and nothing called as somebody who nobody could be again, should the process die before the token is kept. */
  #keepToken(reason: TokenReason, token: string | undefined, conversation: Conversation): void {
    const { authenticator, host } = this.#options;
    const given = conversation.initial.token;
    const kept = authenticator.adopt(given, host.reportError);
    const begin = (): void => {
      if (this.#isOver) return;
      if (authenticator.token === (token ?? given)) {
        this.#cancelTimer();
        return this.#handlers.onOpen(conversation);
      }
      this.#link?.close('another token');
      void this.#start(reason);
    };
    if (kept === undefined) return begin();
    this.#waitingFor = 'the end of saveToken';
    kept.then(begin).catch((error: unknown) => this.#end('violated', error));
  }

  /** The application gets one more chance; the same token again could only be refused again. */
  #onRefused(reason: TokenReason, message: string): void {
    if (this.#isOver) return;
    if (this.#options.authenticator.canRefresh && reason !== 'rejected') {
      this.#link = undefined;
      void this.#start('rejected');
      return;
    }
    const advice = 'log in again, or call logout() to begin anonymously';
    this.#end('refused', new AuthError(`the server refused the token: ${message}; ${advice}`));
  }

  #end(end: LinkEnd, error: unknown): void {
    if (this.#isOver) return;
    this.close(end);
    this.#handlers.onEnd(end, error);
  }
}
