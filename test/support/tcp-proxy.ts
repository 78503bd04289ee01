import { connect, createServer, type Server, type Socket } from 'node:net';
import { listenOnLoopback } from './loopback.ts';

/** A piece of network between clients and a server, which can break. */
export interface TcpProxy extends AsyncDisposable {
  /** `127.0.0.1:PORT`; stays the same. */
  readonly host: string;
  /** How many clients have come so far. */
  readonly accepted: number;
  /** How many clients are connected. */
  readonly open: number;
  /** Breaks every connection, and refuses new ones until `restart`. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** From here on the open connections carry nothing, and neither end is told; new ones work. */
  freeze(): void;
}

/** Starts a proxy in front of `127.0.0.1:port`. */
export async function startTcpProxy(port: number): Promise<TcpProxy> {
  const proxy = new Proxy(port);
  await proxy.restart();
  return proxy;
}

class Proxy implements TcpProxy {
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;
  #accepted = 0;

  constructor(target: number) {
    this.#target = target;
  }

  get host(): string {
    return `127.0.0.1:${this.#port}`;
  }

  get accepted(): number {
    return this.#accepted;
  }

  get open(): number {
    return this.#sockets.size / 2;
  }

  async restart(): Promise<void> {
    const server = createServer((client) => this.#forward(client));
    this.#port = await listenOnLoopback(server, this.#port);
    this.#server = server;
  }

  async kill(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server?.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  freeze(): void {
    for (const socket of this.#sockets) {
      socket.unpipe();
      socket.pause();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #forward(client: Socket): void {
    this.#accepted++;
    const server = connect(this.#target, '127.0.0.1');
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        other.destroy();
        this.#sockets.delete(socket);
      });
      socket.pipe(other);
    }
  }
}
