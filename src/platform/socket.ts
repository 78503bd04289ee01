/** What a connection asks of its socket. */
export interface SocketRequest {
  /** `ws:` or `wss:`, with all query parameters. */
  readonly url: string;
  /** The subprotocols on offer, best first. */
  readonly subprotocols: readonly string[];
  /** Sent as `Authorization: Bearer`; only where the connector `sendsHeaders`. */
  readonly token: string | undefined;
  /** A longer frame of the server is not taken: the connection closes with code 1009. In bytes; where nothing can stop it earlier, the client checks it. */
  readonly maxFrameBytes: number;
}

/** Why a socket could not be opened. */
export interface SocketFailure {
  /** What went wrong, in the words of the platform or of the server. */
  readonly message: string;
  /** The HTTP status of the answer; browsers never tell. */
  readonly status: number | undefined;
  /** The error of the platform, if it has one. */
  readonly cause: unknown;
}

/**
 * What a socket tells, never from within `connect`, `send` or `close`. The order is `onOpen`, any number of `onFrame`, then `onClose`; or
 * `onFailure` alone.
 *
 * ```text
 * connect ──► onOpen ──► onFrame* ──► onClose
 *        └──► onFailure
 * ```
 */
export interface SocketHandlers {
  /** `subprotocol` is what the server picked, empty where it named none. */
  onOpen(subprotocol: string): void;
  /** One binary frame. A text frame comes as `undefined`: this protocol has none. */
  onFrame(frame: Uint8Array | undefined): void;
  /** A sign of life that is no frame, such as a ping. */
  onAlive(): void;
  /** The socket was open and is closed now; `code` 1006 where no close frame came, 1002, 1007 or 1009 also where the server broke the WebSocket protocol. */
  onClose(code: number, reason: string): void;
  /** The socket could not be opened; nothing else is told. */
  onFailure(failure: SocketFailure): void;
}

/** A socket that is being opened or is open. */
export interface Socket {
  /**
   * Sends one binary frame, while the socket is open. What is in it stays as it is: listeners of reducers are told the arguments that were sent from there. Throws
   * nothing: a socket that can send no more tells so by `onClose`.
   */
  send(frame: Uint8Array<ArrayBuffer>): void;
  /** How many bytes `send` has taken that the network has not. */
  readonly bufferedBytes: number;
  /** Closes with a code and a reason of at most 123 bytes. What its handlers are told from then on nobody hears. */
  close(code: number, reason: string): void;
}

/** Opens sockets. */
export interface SocketConnector {
  /** Whether `token` can go into a header. Where it cannot, the token is exchanged for a short-lived one that goes into the URL. */
  readonly sendsHeaders: boolean;
  /** Begins to open a socket, and returns at once. Throws where the platform takes no such URL. */
  connect(request: SocketRequest, handlers: SocketHandlers): Socket;
}
