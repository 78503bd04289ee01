import { type SeededRandom, seededRandom } from './seeded-random.ts';

/** How badly a network behaves. Probabilities are numbers from 0 to 1. */
export interface FaultPlan {
  /** The longest time that a frame is under way, in milliseconds, each direction for itself; frames never overtake each other. */
  readonly maxDelayMs: number;
  /** The probability that an attempt to connect is refused. */
  readonly refuse: number;
  /** The probability, for each frame, that the connection breaks instead of carrying it. */
  readonly cut?: number;
  /** The probability, for each frame, that the connection goes silent: that frame and all after it are dropped, and neither end learns of it. */
  readonly drop?: number;
}

/** A network without faults: a frame arrives with the next turn of the clock. */
export const healthyNetwork: FaultPlan = { maxDelayMs: 0, refuse: 0 };

/** What a client asks of its socket; a client of this package asks exactly so. */
export interface NetworkRequest {
  /** Where to: `ws:` or `wss:`, with all query parameters. */
  readonly url: string;
  /** The subprotocols on offer, best first. */
  readonly subprotocols: readonly string[];
  /** The token for the header `Authorization`. */
  readonly token: string | undefined;
}

/** What a network tells a client: `onOpen`, frames, then `onClose`; or `onFailure` alone. Nothing is called from within a call of the client's. */
export interface NetworkHandlers {
  /** The socket is open; `subprotocol` is what the server picked. */
  onOpen(subprotocol: string): void;
  /** One binary frame; `undefined`: one of text. */
  onFrame(frame: Uint8Array | undefined): void;
  /** A sign of life that is no frame. */
  onAlive(): void;
  /** `code` 1006: without a close frame. */
  onClose(code: number, reason: string): void;
  /** The socket could not be opened. */
  onFailure(failure: { readonly message: string; readonly status: number | undefined; readonly cause: unknown }): void;
}

/** A socket as a client sees it. After `close` none of its handlers is called. */
export interface NetworkSocket {
  /** Sends one binary frame. */
  send(frame: Uint8Array<ArrayBuffer>): void;
  /** How many bytes wait to be sent. */
  readonly bufferedBytes: number;
  /** Closes with a code and a reason. */
  close(code: number, reason: string): void;
}

/** Where sockets lead in the end. */
export type Connect = (request: NetworkRequest, handlers: NetworkHandlers) => NetworkSocket;

/** Time as a network goes by it, in milliseconds: the `clock` of a client will do. */
export interface NetworkClock {
  /** Milliseconds since any point in time. */
  now(): number;
  /** The result cancels the timer. */
  setTimer(millis: number, callback: () => void): () => void;
}

/** What a network is made with. */
export interface FaultNetworkOptions {
  /** The same seed gives the same faults; 1 by default. */
  readonly seed?: number;
  /** How it behaves at first: without faults by default. */
  readonly plan?: FaultPlan;
  /** That of the system by default. A test whose client has a clock of its own gives the same one here. */
  readonly clock?: NetworkClock;
}

/**
 * A network between a client and a server that delays, refuses, cuts and goes silent, as its seed and its user want. It is what a client takes as its
 * `webSocket`.
 */
export interface FaultNetwork {
  readonly sendsHeaders: true;
  /** Begins to open a socket through the network, as its `plan` says. */
  connect(request: NetworkRequest, handlers: NetworkHandlers): NetworkSocket;
  /** How it behaves from here on. */
  plan: FaultPlan;
  /** How many sockets are open or being opened. */
  readonly openSockets: number;
  /** Breaks every connection: each end learns of it after a delay of its own; what is under way is lost, at times in the middle of a burst. */
  cutAll(): void;
  /** From here on the open sockets carry nothing, and neither end learns of it. */
  goSilent(): void;
}

const systemTime: NetworkClock = {
  now: () => performance.now(),
  setTimer: (millis, callback) => {
    const timeout = setTimeout(callback, millis);
    return () => clearTimeout(timeout);
  },
};

/** Puts a network in front of `connect`. */
export function faultNetwork(connect: Connect, options: FaultNetworkOptions = {}): FaultNetwork {
  const { seed = 1, plan = healthyNetwork, clock = systemTime } = options;
  const random = seededRandom(seed);
  const pipes = new Set<FaultySocket>();
  const network: FaultNetwork = {
    sendsHeaders: true,
    plan,
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
  readonly clock: NetworkClock;
  readonly random: SeededRandom;
  readonly plan: () => FaultPlan;
  readonly onGone: () => void;
}

/** A frame, or another thing to tell, that is under way. */
interface Delivery {
  readonly arrive: () => void;
  cancel: () => void;
}

/** One direction of a socket: frames arrive in order, each after a delay. */
class Direction {
  readonly #options: FaultySocketOptions;
  #busyUntil = 0;
  #isSilent = false;
  #underWay: Delivery[] = [];

  constructor(options: FaultySocketOptions) {
    this.#options = options;
  }

  deliver(arrive: () => void): void {
    if (this.#isSilent) return;
    const { clock, random, plan } = this.#options;
    const now = clock.now();
    this.#busyUntil = Math.max(this.#busyUntil, now + random.below(plan().maxDelayMs + 1));
    const delivery: Delivery = { arrive, cancel: () => undefined };
    this.#underWay.push(delivery);
    delivery.cancel = clock.setTimer(this.#busyUntil - now, () => this.#arriveUpTo(delivery));
  }

  goSilent(): void {
    this.#isSilent = true;
    this.lose();
  }

  /** What is under way never arrives. */
  lose(): void {
    for (const { cancel } of this.#underWay) cancel();
    this.#underWay = [];
  }

  /** Timers of whole milliseconds may fire in another order than they were set; what was sent first arrives first all the same. */
  #arriveUpTo(last: Delivery): void {
    if (!this.#underWay.includes(last)) return;
    for (let next = this.#underWay.shift(); next !== undefined; next = this.#underWay.shift()) {
      next.cancel();
      next.arrive();
      if (next === last) return;
    }
  }
}

class FaultySocket implements NetworkSocket {
  readonly bufferedBytes = 0;
  readonly #options: FaultySocketOptions;
  readonly #up: Direction;
  readonly #down: Direction;
  #inner: NetworkSocket | undefined;
  #handlers: NetworkHandlers | undefined;
  #hasOpened = false;

  constructor(options: FaultySocketOptions) {
    this.#options = options;
    this.#up = new Direction(options);
    this.#down = new Direction(options);
  }

  open(request: NetworkRequest, handlers: NetworkHandlers): void {
    this.#handlers = handlers;
    const { connect } = this.#options;
    if (this.#happens('refuse')) {
      const failure = { message: 'the network refused', status: undefined, cause: undefined };
      this.#down.deliver(() => this.#leave((client) => client.onFailure(failure)));
      return;
    }
    this.#up.deliver(() => {
      this.#inner = connect(request, {
        onOpen: (subprotocol) => this.#down.deliver(() => this.#opened(subprotocol)),
        onFrame: (frame) => this.#carry(this.#down, () => this.#handlers?.onFrame(frame)),
        onAlive: () => this.#down.deliver(() => this.#handlers?.onAlive()),
        onClose: (code, reason) => this.#down.deliver(() => this.#leave((client) => client.onClose(code, reason))),
        onFailure: (failure) => this.#down.deliver(() => this.#leave((client) => client.onFailure(failure))),
      });
    });
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    this.#carry(this.#up, () => this.#inner?.send(frame));
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
    const failure = { message: 'the network broke the connection', status: undefined, cause: undefined };
    this.#down.deliver(() =>
      this.#leave((client) => (this.#hasOpened ? client.onClose(1006, '') : client.onFailure(failure))),
    );
  }

  goSilent(): void {
    this.#up.goSilent();
    this.#down.goSilent();
  }

  #opened(subprotocol: string): void {
    this.#hasOpened = true;
    this.#handlers?.onOpen(subprotocol);
  }

  #carry(direction: Direction, arrive: () => void): void {
    if (this.#happens('cut')) this.cut();
    else if (this.#happens('drop')) this.goSilent();
    else direction.deliver(arrive);
  }

  /** What cannot happen takes no number, so that a plan that never asks for it gives the same run. */
  #happens(fault: 'refuse' | 'cut' | 'drop'): boolean {
    const probability = this.#options.plan()[fault] ?? 0;
    return probability > 0 && this.#options.random.chance(probability);
  }

  #leave(tell: (client: NetworkHandlers) => void): void {
    const handlers = this.#handlers;
    this.#handlers = undefined;
    this.#down.lose();
    this.#options.onGone();
    if (handlers !== undefined) tell(handlers);
  }
}
