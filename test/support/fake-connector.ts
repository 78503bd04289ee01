import { BsatnReader } from '../../src/bsatn/reader.ts';
import { encode } from '../../src/bsatn/codec.ts';
import { ConnectionId } from '../../src/bsatn/special/connection-id.ts';
import { Identity } from '../../src/bsatn/special/identity.ts';
import {
  type Socket,
  type SocketConnector,
  type SocketHandlers,
  type SocketRequest,
} from '../../src/platform/socket.ts';
import { type ClientMessage, readClientMessage } from '../../src/wire/client-message.ts';
import { type InitialConnection, type ServerMessage } from '../../src/wire/server-message.ts';
import { type ProtocolVersion, subprotocols } from '../../src/wire/version.ts';
import { serverMessageCodec } from './message-codecs.ts';

/** What a server says first. */
export function initialConnection(change: Partial<InitialConnection> = {}): InitialConnection {
  return {
    tag: 'InitialConnection',
    identity: new Identity(1n),
    connectionId: new ConnectionId(2n),
    token: 'token-of-the-server',
    ...change,
  };
}

/** The server's end of one socket: a test says what comes, and sees what was sent. */
export class FakeSocket implements Socket {
  readonly request: SocketRequest;
  /** The frames that were sent, each as its messages. */
  readonly sent: ClientMessage[][] = [];
  readonly sentFrames: Uint8Array[] = [];
  bufferedBytes = 0;
  /** How the client closed it. */
  closed: { readonly code: number; readonly reason: string } | undefined;
  readonly #handlers: SocketHandlers;
  #version: ProtocolVersion = 'v3';

  constructor(request: SocketRequest, handlers: SocketHandlers) {
    this.request = request;
    this.#handlers = handlers;
  }

  /** The messages that were sent, whatever their frames. */
  get messages(): ClientMessage[] {
    return this.sent.flat();
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.closed !== undefined) throw new Error('sent on a socket that was closed');
    const reader = new BsatnReader(frame, 'a frame of the client');
    const messages: ClientMessage[] = [];
    while (reader.remaining > 0) messages.push(readClientMessage(reader));
    this.sentFrames.push(frame);
    this.sent.push(messages);
  }

  close(code: number, reason: string): void {
    if (this.closed !== undefined) throw new Error('closed twice');
    this.closed = { code, reason };
  }

  /** The upgrade succeeds. */
  open(version: ProtocolVersion = 'v3', subprotocol: string = subprotocols[version]): this {
    this.#version = version;
    this.#handlers.onOpen(subprotocol);
    return this;
  }

  /** The upgrade succeeds and the server introduces itself. */
  introduce(change: Partial<InitialConnection> = {}, version: ProtocolVersion = 'v3'): this {
    return this.open(version).receive(initialConnection(change));
  }

  /** Messages arrive: on v3 in one frame, on v2 in one each. */
  receive(...messages: readonly ServerMessage[]): this {
    const parts = messages.map((message) => encode(serverMessageCodec, message));
    const payloads = this.#version === 'v3' ? [Buffer.concat(parts)] : parts;
    for (const payload of payloads) this.receiveFrame(Buffer.concat([Uint8Array.of(0), payload]));
    return this;
  }

  /** A frame arrives, or with `undefined` one of text. */
  receiveFrame(frame: Uint8Array | undefined): void {
    this.#handlers.onFrame(frame);
  }

  ping(): void {
    this.#handlers.onAlive();
  }

  /** The socket breaks, or the server closes it. */
  drop(code = 1006, reason = ''): void {
    this.#handlers.onClose(code, reason);
  }

  /** The upgrade fails. */
  fail(message = 'no network', status?: number): void {
    this.#handlers.onFailure({ message, status, cause: undefined });
  }
}

/** Opens {@link FakeSocket}s. */
export class FakeConnector implements SocketConnector {
  readonly sendsHeaders: boolean;
  readonly sockets: FakeSocket[] = [];

  constructor(sendsHeaders = true) {
    this.sendsHeaders = sendsHeaders;
  }

  /** The socket that was asked for last. */
  get last(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error('nobody asked for a socket');
    return socket;
  }

  /** How many sockets the client has not closed. */
  get openSockets(): number {
    return this.sockets.filter(({ closed }) => closed === undefined).length;
  }

  connect(request: SocketRequest, handlers: SocketHandlers): FakeSocket {
    const socket = new FakeSocket(request, handlers);
    this.sockets.push(socket);
    return socket;
  }
}

/** A socket of which nobody asks what it tells. */
export function lonelySocket(): FakeSocket {
  const request = { url: '', subprotocols: [], token: undefined, maxFrameBytes: 1 };
  const ignore = (): void => undefined;
  const handlers = { onOpen: ignore, onFrame: ignore, onAlive: ignore, onClose: ignore, onFailure: ignore };
  return new FakeConnector().connect(request, handlers);
}
