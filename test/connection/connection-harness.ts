import { Authenticator, type TokenSource } from '../../src/connection/authenticator.ts';
import { defaultRetryPolicy, type RetryPolicy } from '../../src/connection/backoff.ts';
import { Connection, type ConnectionHost } from '../../src/connection/connection.ts';
import { type OutboundBatching } from '../../src/connection/outbox.ts';
import { type ConnectionState } from '../../src/connection/state.ts';
import { type AuthTokenStore } from '../../src/connection/token-store.ts';
import { type EnvironmentHandlers } from '../../src/platform/environment.ts';
import { type InitialConnection, type ServerMessage } from '../../src/wire/server-message.ts';
import { FakeClock, settled } from '../support/fake-clock.ts';
import { FakeConnector, type FakeSocket } from '../support/fake-connector.ts';

/** What a test may want otherwise. */
export interface HarnessOptions {
  readonly sendsHeaders?: boolean;
  readonly token?: TokenSource;
  readonly store?: AuthTokenStore;
  readonly fetch?: typeof fetch;
  readonly policy?: Partial<RetryPolicy>;
  readonly batching?: OutboundBatching;
}

const noFetch = (): Promise<Response> => Promise.reject(new TypeError('no fetch here'));

/** A connection with everything around it in the hands of the test. */
export class Harness implements ConnectionHost {
  readonly clock: FakeClock = new FakeClock();
  readonly connector: FakeConnector;
  readonly authenticator: Authenticator;
  readonly connection: Connection;
  /** What the connection told, in order: states, conversations, messages. */
  readonly log: string[] = [];
  readonly states: ConnectionState[] = [];
  readonly errors: unknown[] = [];
  readonly losses: Error[] = [];
  readonly querySets = { isSnapshotPending: false };
  readonly reportError = (error: unknown): void => void this.errors.push(error);
  isOnline = true;
  /** The environment that is watched. */
  environment: EnvironmentHandlers | undefined;
  /** Called with every state. */
  onState: ((state: ConnectionState) => void) | undefined;
  /** Called when a conversation begins or ends. */
  onConversation: ((what: 'open' | 'lost') => void) | undefined;

  constructor(options: HarnessOptions = {}) {
    const address = { host: 'example.test', database: 'my db', ssl: true };
    this.connector = new FakeConnector(options.sendsHeaders ?? true);
    this.authenticator = new Authenticator({ address, fetch: options.fetch ?? noFetch }, options.token, options.store);
    this.connection = new Connection({
      address,
      authenticator: this.authenticator,
      compression: 'gzip',
      confirmedReads: undefined,
      policy: { ...defaultRetryPolicy, retryInitialConnect: false, ...options.policy },
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
      connector: this.connector,
      inflate: (_algorithm, bytes) => bytes,
      clock: this.clock,
      batching: options.batching ?? 'opportunistic',
      maxOutboundFrameBytes: 1000,
      maxInboundFrameBytes: 10_000,
      maxInflatedBytes: 10_000,
      maxRowsPerMessage: 100,
      idleProbeMs: 30_000,
      probeTimeoutMs: 10_000,
      host: this,
    });
  }

  onOpen({ token }: InitialConnection, isFirst: boolean): void {
    this.log.push(`open ${isFirst ? 'first' : 'again'} as ${token}`);
    this.onConversation?.('open');
  }

  onMessage({ tag }: ServerMessage): void {
    this.log.push(tag);
  }

  onLost(error: Error): void {
    this.log.push('lost');
    this.losses.push(error);
    this.onConversation?.('lost');
  }

  onStateChanged(state: ConnectionState): void {
    this.log.push(state.status);
    this.states.push(state);
    this.onState?.(state);
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
