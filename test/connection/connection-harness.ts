import { Authenticator, type AuthenticatorOptions } from '../../src/connection/authenticator.ts';
import { defaultRetryPolicy, type RetryPolicy } from '../../src/connection/backoff.ts';
import { Connection } from '../../src/connection/connection.ts';
import { type OutboundBatching } from '../../src/connection/outbox.ts';
import { type ConnectionState } from '../../src/connection/state.ts';
import { type AuthTokenStore, InMemoryTokenStore } from '../../src/connection/token-store.ts';
import { type EnvironmentHandlers } from '../../src/platform/environment.ts';
import { FakeClock, settled } from '../support/fake-clock.ts';
import { FakeConnector, type FakeSocket } from '../support/fake-connector.ts';

/** What a test may want otherwise. */
export interface HarnessOptions {
  readonly sendsHeaders?: boolean;
  readonly token?: AuthenticatorOptions['token'];
  readonly store?: AuthTokenStore;
  readonly fetch?: typeof fetch;
  readonly policy?: Partial<RetryPolicy>;
  readonly batching?: OutboundBatching;
}

const noFetch = (): Promise<Response> => Promise.reject(new TypeError('no fetch here'));

/** A connection with everything around it in the hands of the test. */
export class Harness {
  readonly clock: FakeClock = new FakeClock();
  readonly connector: FakeConnector;
  readonly authenticator: Authenticator;
  readonly connection: Connection;
  /** What the connection told, in order: states, conversations, messages. */
  readonly log: string[] = [];
  readonly states: ConnectionState[] = [];
  readonly errors: unknown[] = [];
  readonly losses: Error[] = [];
  isOnline = true;
  isSnapshotPending = false;
  /** The environment that is watched. */
  environment: EnvironmentHandlers | undefined;
  /** Called with every state. */
  onState: ((state: ConnectionState) => void) | undefined;
  /** Called when a conversation begins or ends. */
  onConversation: ((what: 'open' | 'lost') => void) | undefined;

  constructor(options: HarnessOptions = {}) {
    const address = { host: 'example.test', database: 'my db', ssl: true };
    this.connector = new FakeConnector(options.sendsHeaders ?? true);
    this.authenticator = new Authenticator({
      token: options.token,
      store: options.store ?? new InMemoryTokenStore(),
      address,
      fetch: options.fetch ?? noFetch,
    });
    this.connection = new Connection({
      address,
      authenticator: this.authenticator,
      upgrade: { compression: 'gzip', confirmedReads: undefined },
      policy: { ...defaultRetryPolicy, ...options.policy },
      connectTimeoutMs: 10_000,
      environment: {
        isOnline: () => this.isOnline,
        watch: (handlers) => {
          this.environment = handlers;
          return () => {
            this.environment = undefined;
          };
        },
      },
      random: () => 0.5,
      link: {
        connector: this.connector,
        inflate: (_algorithm, bytes) => bytes,
        clock: this.clock,
        batching: options.batching ?? 'opportunistic',
        maxOutboundFrameBytes: 1000,
        inbound: { maxFrameBytes: 10_000, maxInflatedBytes: 10_000, maxRowsPerMessage: 100 },
        liveness: {
          idleMs: 30_000,
          timeoutMs: 10_000,
          snapshotGraceMs: 100_000,
          isSnapshotPending: () => this.isSnapshotPending,
        },
        probeMessage: () => ({ tag: 'OneOffQuery', requestId: 999, query: '' }),
      },
      onOpen: (initial, isFirst) => {
        this.log.push(`open ${isFirst ? 'first' : 'again'} as ${initial.token}`);
        this.onConversation?.('open');
      },
      onMessage: (message) => this.log.push(message.tag),
      onLost: (error) => {
        this.log.push('lost');
        this.losses.push(error);
        this.onConversation?.('lost');
      },
      onStateChanged: (state) => {
        this.log.push(state.status);
        this.states.push(state);
        this.onState?.(state);
      },
      onError: (error) => this.errors.push(error),
    });
  }

  /** Connects as far as the upgrade request. */
  async attempt(): Promise<FakeSocket> {
    this.connection.connect();
    await settled();
    return this.connector.last;
  }

  /** Connects. */
  async open(): Promise<FakeSocket> {
    return (await this.attempt()).introduce();
  }

  /** Lets time pass, and what it caused settle; gives the socket that was asked for last. */
  async pass(millis: number): Promise<FakeSocket> {
    this.clock.advance(millis);
    await settled();
    return this.connector.last;
  }
}
