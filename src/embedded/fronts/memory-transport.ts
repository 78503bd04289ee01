import { subprotocols } from '../../wire/version.ts';
import { type ClientTransport, closeReason, type SessionInput } from '../session/transport.ts';
import { type Agreement, type HandshakeContext, shakeHands, type UpgradeRequest } from './handshake.ts';
import { parseTarget } from './http-message.ts';

/** A client's wish for a connection without a socket. It has the shape of what a client of this package asks of its platform. */
export interface MemoryRequest {
  /** `ws://…/v1/database/NAME/subscribe?…`; host and port do not matter. */
  readonly url: string;
  /** The subprotocols on offer. */
  readonly subprotocols: readonly string[];
  /** The token of who connects; undefined for somebody new. */
  readonly token: string | undefined;
}

/** What the client's end tells: `onOpen`, frames, then `onClose`; or `onFailure` alone. Nothing is called from within a call of the client's. */
export interface MemoryHandlers {
  /** The server has accepted the connection; `subprotocol` is what it picked. */
  onOpen(subprotocol: string): void;
  /** One binary frame. */
  onFrame(frame: Uint8Array): void;
  /** `code` 1006: without a close frame. */
  onClose(code: number, reason: string): void;
  /** The server refused the connection. */
  onFailure(failure: { readonly message: string; readonly status: number; readonly cause: undefined }): void;
}

/** The client's end of a connection without a socket. After `close` no handler is called. */
export interface MemorySocket {
  /** Sends one binary frame. */
  send(frame: Uint8Array): void;
  /** A text frame, for those who want to see it refused. */
  sendText(text: string): void;
  /** Always 0: nothing waits for a network. */
  readonly bufferedBytes: number;
  /** Closes; the server is told the code and the reason. */
  close(code: number, reason: string): void;
}

/** What the transport needs of the server. */
export interface MemoryHost extends HandshakeContext {
  /** Begins a session; `undefined` when the module refuses the client, who has then been dropped. */
  openSession(agreement: Agreement, transport: ClientTransport): SessionInput | undefined;
}

const abnormalClosure = 1006;

/**
 * Opens a connection that goes through the same handshake, session and frames as a WebSocket, but without a network.
 * What one end does reaches the other in a microtask of its own, in order.
 */
export function connectInMemory(host: MemoryHost, request: MemoryRequest, handlers: MemoryHandlers): MemorySocket {
  let session: SessionInput | undefined;
  let clientLeft = false;
  let serverLeft = false;
  const toClient = (deliver: () => void): void => {
    queueMicrotask(() => {
      if (!clientLeft) deliver();
    });
  };
  const leave = (code: number, reason: string): void => {
    if (serverLeft) return;
    serverLeft = true;
    toClient(() => handlers.onClose(code, reason));
  };
  const serverEnd: ClientTransport = {
    send: (frames) => {
      if (serverLeft) return;
      for (const { bytes } of frames) toClient(() => handlers.onFrame(bytes));
    },
    close: (code, reason) => leave(code, closeReason(reason)),
    drop: () => leave(abnormalClosure, ''),
  };
  const open = (): void => {
    const outcome = shakeHands(upgradeOf(request), host);
    if ('refusal' in outcome) {
      const { status, body } = outcome.refusal;
      toClient(() => handlers.onFailure({ message: body, status, cause: undefined }));
      return;
    }
    toClient(() => handlers.onOpen(subprotocols[outcome.agreement.version]));
    session = host.openSession(outcome.agreement, serverEnd);
  };
  const toServer = (deliver: (input: SessionInput) => void): void => {
    queueMicrotask(() => {
      if (session !== undefined && !serverLeft) deliver(session);
    });
  };
  queueMicrotask(() => {
    if (!clientLeft) open();
  });
  return {
    bufferedBytes: 0,
    send: (frame) => {
      const copy = Uint8Array.from(frame);
      toServer((input) => input.receive(copy));
    },
    sendText: () => toServer((input) => input.receiveText()),
    close: () => {
      clientLeft = true;
      toServer((input) => input.end());
    },
  };
}

function upgradeOf(request: MemoryRequest): UpgradeRequest {
  const { pathname, search } = new URL(request.url);
  return {
    ...parseTarget(pathname + search),
    method: 'GET',
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'in memory',
      'sec-websocket-protocol': request.subprotocols.join(', '),
      authorization: request.token === undefined ? undefined : `Bearer ${request.token}`,
    },
  };
}
