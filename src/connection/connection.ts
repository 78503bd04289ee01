import { type ReadonlySignal, signal } from '@preact/signals-core';
import { ConnectionError, messageOf, ProtocolError, SpacetimeDbError } from '../errors.ts';
import { checkedMillis } from '../millis.ts';
import { type Environment } from '../platform/environment.ts';
import { type OutboundMessage } from '../wire/outbound-call.ts';
import { type OutgoingFrame } from '../wire/outgoing-frame.ts';
import { type InitialConnection } from '../wire/server-message.ts';
import { type ProtocolVersion } from '../wire/version.ts';
import { Attempt, type AttemptOptions } from './attempt.ts';
import { type RetryPolicy } from './backoff.ts';
import { type Conversation, type LinkEnd, type LinkHost } from './link.ts';
import { initialState, type MachineCommand, type MachineEvent, type MachineState, transition } from './machine.ts';
import { type ConnectionQuality, initialQuality, isSameQuality } from './quality.ts';
import { type ConnectionState, publicState } from './state.ts';

/** What a connection works with. */
export interface ConnectionOptions extends AttemptOptions {
  readonly policy: RetryPolicy;
  readonly environment: Environment;
  /** From 0 to 1, for the jitter of the backoff. */
  readonly random: () => number;
  readonly host: ConnectionHost;
}

/** Whose connection it is. */
export interface ConnectionHost extends LinkHost {
  /** The server introduced itself; everything from here on is a new conversation. */
  onOpen(initial: InitialConnection, isFirst: boolean): void;
  /** The conversation that `onOpen` began is over. */
  onLost(error: ConnectionError): void;
  onStateChanged(state: ConnectionState): void;
  readonly reportError: (error: unknown) => void;
}

/** How long a connection with every query set applied must last to count as healthy, in milliseconds. */
const healthyAfterMs = 5000;

/** Drives the machine: makes and ends attempts, keeps the timers, and publishes the state. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #state = signal<ConnectionState>(publicState(initialState));
  readonly #quality = signal<ConnectionQuality>(initialQuality);
  readonly #unwatch: () => void;
  readonly #events: MachineEvent[] = [];
  #isBusy = false;
  #wasWanted = false;
  #isDisposed = false;
  #machine: MachineState = initialState;
  #attempt: Attempt | undefined;
  /** From the first message of the server to the end of the socket; `since` when, in milliseconds since the Unix epoch. */
  #conversation: (Conversation & { readonly since: number }) | undefined;
  #conversations = 0;
  #lastError: SpacetimeDbError | undefined;
  #cancelTimer: (() => void) | undefined;
  #cancelHealthy: (() => void) | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#unwatch = options.environment.watch({
      online: () => this.#dispatch({ kind: 'online' }),
      offline: () => this.#dispatch({ kind: 'offline' }),
      visible: () => this.#dispatch({ kind: 'visible' }),
    });
  }

  /** The public state; every change is seen once, in order. */
  get state(): ReadonlySignal<ConnectionState> {
    return this.#state;
  }

  /** How well the connection does. */
  get quality(): ReadonlySignal<ConnectionQuality> {
    return this.#quality;
  }

  /** Whether messages can be sent. */
  get isOpen(): boolean {
    return this.#conversation !== undefined;
  }

  /** Whether anybody has ever asked for a connection. */
  get wasWanted(): boolean {
    return this.#wasWanted;
  }

  /** Whether there will be no connection any more. */
  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  /** Whether something that happened is still being told: what is wanted meanwhile has its turn after it, and not at once. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** What the server speaks, while there is a connection. */
  get negotiatedProtocol(): ProtocolVersion | undefined {
    return this.#conversation?.version;
  }

  /** How many bytes wait for the network. */
  get bufferedBytes(): number {
    return this.#conversation?.outbox.bufferedBytes ?? 0;
  }

  /** Why there is no connection; undefined where nobody wants one, and while there is one. */
  get lastError(): SpacetimeDbError | undefined {
    return this.#lastError;
  }

  /** Wants a connection. Does nothing where there is one, or one is on its way. */
  connect(): void {
    this.#want('connect');
  }

  /** Wants a new connection, at once. */
  reconnect(): void {
    this.#want('reconnect');
  }

  /** Wants no connection; wins over everything that is under way. */
  disconnect(): void {
    this.#dispatch({ kind: 'disconnect' });
  }

  /** Ends the connection and every listener of the environment; there will be no other. */
  dispose(): void {
    this.#isDisposed = true;
    this.disconnect();
    this.#unwatch();
  }

  /** Sends a message, and returns the frame that it is in; only while `isOpen`. */
  send(message: OutboundMessage): OutgoingFrame | undefined {
    return this.#conversation?.outbox.send(message);
  }

  /** Whether the server answers within `timeoutMs`; `false` without a connection. */
  async checkHealth(timeoutMs: number = this.#options.probeTimeoutMs): Promise<boolean> {
    checkedMillis('timeoutMs', timeoutMs);
    return (this.isOpen && this.#attempt?.link?.probe(timeoutMs)) || false;
  }

  /** Every query set is applied: from here on the connection can prove healthy. */
  markReady(): void {
    if (this.#cancelHealthy !== undefined || !this.isOpen) return;
    this.#cancelHealthy = this.#options.clock.setTimer(healthyAfterMs, () => this.#dispatch({ kind: 'healthy' }));
  }

  /** A message could be read and made no sense: the connection is closed, and resynchronised by the next. */
  violate(error: unknown): void {
    if (this.isOpen) this.#onEnd('violated', error);
    else this.#options.host.reportError(error);
  }

  #want(kind: 'connect' | 'reconnect'): void {
    // Nobody could end what is made from here on, such as by an effect of somebody else that wants back what is being ended.
    if (this.#isDisposed) return;
    this.#wasWanted = true;
    this.#dispatch({ kind });
  }

  /** Events that listeners cause are taken in turn, so that each state change is seen once and in order. */
  #dispatch(event: MachineEvent): void {
    this.#events.push(event);
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) this.#step(next);
    } finally {
      this.#isBusy = false;
    }
  }

  #step(event: MachineEvent): void {
    const { environment, policy, random, clock, host } = this.#options;
    const input = { now: clock.now(), random: random(), isOnline: environment.isOnline(), policy };
    const before = this.#machine;
    const { state, commands } = transition(before, event, input);
    this.#machine = state;
    this.#keepError(event, state);
    for (const command of commands) this.#execute(command);
    const shown = publicState(state);
    const isChanged = JSON.stringify(shown) !== JSON.stringify(publicState(before));
    if (isChanged) this.#publish(() => (this.#state.value = shown));
    this.#updateQuality({ failures: 'history' in state ? state.history.failures : 0 });
    if (isChanged) host.onStateChanged(shown);
  }

  /** An effect that throws must not stop the machine. */
  #publish(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#options.host.reportError(error);
    }
  }

  #updateQuality(change: Partial<ConnectionQuality>): void {
    const next = {
      ...this.#quality.peek(),
      ...change,
      connectedSince: this.#conversation?.since,
      lastError: this.#lastError,
    };
    const quality = this.isOpen ? next : { ...next, isSuspect: false };
    if (!isSameQuality(quality, this.#quality.peek())) this.#publish(() => (this.#quality.value = quality));
  }

  /** Whoever begins anew, or wants no connection, has no use for the error of what was before. */
  #keepError(event: MachineEvent, state: MachineState): void {
    if (
      event.kind === 'connect' ||
      event.kind === 'reconnect' ||
      event.kind === 'disconnect' ||
      event.kind === 'opened'
    ) {
      this.#lastError = undefined;
    }
    if (state.status === 'stopped' && state.because === 'fatal' && this.#lastError?.message !== state.message) {
      this.#lastError = new ConnectionError(state.message, { cause: this.#lastError });
    }
  }

  #execute(command: MachineCommand): void {
    const { clock } = this.#options;
    switch (command.kind) {
      case 'openSocket':
        this.#attempt = this.#makeAttempt();
        return;
      case 'beginConversation':
        this.#begin();
        return;
      case 'closeSocket':
        this.#close(command.reason);
        return;
      case 'startTimer':
        this.#cancelTimer = clock.setTimer(command.delayMs, () => this.#dispatch({ kind: 'timer' }));
        return;
      case 'cancelTimer':
        this.#cancelTimer?.();
        return;
      case 'probe':
        this.#attempt?.link?.suspect();
        return;
    }
  }

  #makeAttempt(): Attempt {
    return new Attempt(this.#options, this.#conversations === 0 ? 'connect' : 'reconnect', {
      onProbe: (roundTripMs) =>
        this.#updateQuality(roundTripMs === undefined ? { isSuspect: true } : { isSuspect: false, roundTripMs }),
      onOpen: (conversation) => {
        this.#conversation = { ...conversation, since: this.#options.clock.now() };
        this.#conversations++;
        this.#dispatch({ kind: 'opened' });
      },
      onEnd: (end, error) => this.#onEnd(end, error),
    });
  }

  #onEnd(end: LinkEnd, error: unknown): void {
    const message = messageOf(error);
    const isNew = message !== this.#lastError?.message;
    this.#lastError = error instanceof SpacetimeDbError ? error : new ProtocolError(message, { cause: error });
    if (end === 'violated') this.#options.host.reportError(error);
    this.#dispatch({ kind: end === 'barred' ? 'lost' : end, message });
    // Being without a network is usual, and this is not. Where it is not tried again, whoever awaits `connect` is told.
    if (end === 'barred' && isNew && this.#machine.status === 'waiting') this.#options.host.reportError(error);
  }

  #begin(): void {
    if (this.#conversation === undefined) return;
    this.#options.host.onOpen(this.#conversation.initial, this.#conversations === 1);
  }

  #close(reason: string): void {
    this.#cancelHealthy?.();
    this.#cancelHealthy = undefined;
    this.#attempt?.close(reason);
    this.#attempt = undefined;
    if (this.#conversation === undefined) return;
    this.#conversation = undefined;
    this.#options.host.onLost(new ConnectionError(`the connection ended: ${reason}`, { cause: this.#lastError }));
  }
}
