import { type Clock } from '../../src/platform/clock.ts';
import {
  type Socket,
  type SocketConnector,
  type SocketHandlers,
  type SocketRequest,
} from '../../src/platform/socket.ts';
import { type SeededRandom } from './random.ts';

/** How badly a network behaves; all times in milliseconds. */
export interface FaultPlan {
  /** The longest time that a frame is under way, each direction for itself. */
  readonly maxDelayMs: number;
  /** The probability that an attempt is refused. */
  readonly refuse: number;
}

/** A network without faults: a frame arrives with the next turn of the clock. */
export const healthyNetwork: FaultPlan = { maxDelayMs: 0, refuse: 0 };

/** A network between a client and a server that delays, refuses, cuts and goes silent, as its seed and its user want. */
export interface FaultNetwork extends SocketConnector {
  /** How it behaves from here on. */
  plan: FaultPlan;
  /** How many sockets are open or being opened. */
  readonly openSockets: number;
  /** Breaks every connection: each end learns of it after a delay of its own; what is under way is lost, at times in the middle of a burst. */
  cutAll(): void;
  /** From here on the open sockets carry nothing, and neither end learns of it. */
  goSilent(): void;
}

/** Where sockets lead in the end. */
export type Connect = (request: SocketRequest, handlers: SocketHandlers) => Socket;

/** Puts a network in front of `connect`. */
export function faultNetwork(connect: Connect, clock: Clock, random: SeededRandom): FaultNetwork {
  const pipes = new Set<FaultySocket>();
  const network: FaultNetwork = {
    sendsHeaders: true,
    plan: healthyNetwork,
    get openSockets() {
      return pipes.size;
    },
    connect: (request, handlers) => {
      const pipe = new FaultySocket({
        connect,
        clock,
        random,
        plan: () => network.plan,
        onGone: () => pipes.delete(pipe),
      });
      pipes.add(pipe);
      pipe.open(request, handlers);
      return pipe;
    },
    cutAll: () => {
      for (const pipe of Array.from(pipes)) pipe.cut();
    },
    goSilent: () => {
      for (const pipe of pipes) pipe.goSilent();
    },
  };
  return network;
}

interface FaultySocketOptions {
  readonly connect: Connect;
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly plan: () => FaultPlan;
  readonly onGone: () => void;
}

/** One direction of a socket: frames arrive in order, each after a delay. */
class Direction {
  readonly #options: FaultySocketOptions;
  #busyUntil = 0;
  #isSilent = false;
  readonly #timers = new Set<() => void>();

  constructor(options: FaultySocketOptions) {
    this.#options = options;
  }

  deliver(arrive: () => void): void {
    if (this.#isSilent) return;
    const { clock, random, plan } = this.#options;
    const now = clock.now();
    this.#busyUntil = Math.max(this.#busyUntil, now + random.below(plan().maxDelayMs + 1));
    const cancel = clock.setTimer(this.#busyUntil - now, () => {
      this.#timers.delete(cancel);
      arrive();
    });
    this.#timers.add(cancel);
  }

  goSilent(): void {
    this.#isSilent = true;
    this.lose();
  }

  /** What is under way never arrives. */
  lose(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }
}

class FaultySocket implements Socket {
  readonly bufferedBytes = 0;
  readonly #options: FaultySocketOptions;
  readonly #up: Direction;
  readonly #down: Direction;
  #inner: Socket | undefined;
  #handlers: SocketHandlers | undefined;

  constructor(options: FaultySocketOptions) {
    this.#options = options;
    this.#up = new Direction(options);
    this.#down = new Direction(options);
  }

  open(request: SocketRequest, handlers: SocketHandlers): void {
    this.#handlers = handlers;
    const { random, plan, connect } = this.#options;
    if (random.chance(plan().refuse)) {
      const failure = { message: 'the network refused', status: undefined, cause: undefined };
      this.#down.deliver(() => this.#leave((client) => client.onFailure(failure)));
      return;
    }
    this.#up.deliver(() => {
      this.#inner = connect(request, {
        onOpen: (subprotocol) => this.#down.deliver(() => this.#handlers?.onOpen(subprotocol)),
        onFrame: (frame) => this.#down.deliver(() => this.#handlers?.onFrame(frame)),
        onAlive: () => this.#down.deliver(() => this.#handlers?.onAlive()),
        onClose: (code, reason) => this.#down.deliver(() => this.#leave((client) => client.onClose(code, reason))),
        onFailure: (failure) => this.#down.deliver(() => this.#leave((client) => client.onFailure(failure))),
      });
    });
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    this.#up.deliver(() => this.#inner?.send(frame));
  }

  close(code: number, reason: string): void {
    this.#handlers = undefined;
    this.#down.lose();
    this.#options.onGone();
    this.#up.deliver(() => this.#inner?.close(code, reason));
  }

  /** Each end learns of the break by itself: the server at once, the client after what was still on its way to it, or before. */
  cut(): void {
    this.#up.lose();
    this.#inner?.close(1006, '');
    if (this.#options.random.chance(0.5)) this.#down.lose();
    this.#down.deliver(() => this.#leave((client) => client.onClose(1006, '')));
  }

  goSilent(): void {
    this.#up.goSilent();
    this.#down.goSilent();
  }

  #leave(tell: (client: SocketHandlers) => void): void {
    const handlers = this.#handlers;
    this.#handlers = undefined;
    this.#down.lose();
    this.#options.onGone();
    if (handlers !== undefined) tell(handlers);
  }
}
