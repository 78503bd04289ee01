/** A binary frame for a client. */
export interface ServerFrame {
  /** Other connections may be sent the same bytes: nobody may change them. */
  readonly bytes: Uint8Array;
  /** How many messages are in it. */
  readonly messages: number;
}

/** The way from a session to its client. */
export interface ClientTransport {
  /** Sends frames that come together, in order. */
  send(frames: readonly ServerFrame[]): void;
  /** Closes the connection with a close frame. */
  close(code: number, reason: string): void;
  /** Ends the connection without a close frame, as a server does that refuses a client or falls over. */
  drop(): void;
}

/** The way from a client to its session. */
export interface SessionInput {
  /** One binary frame of the client. */
  receive(frame: Uint8Array): void;
  /** A text frame, which no version of the protocol knows. */
  receiveText(): void;
  /** The connection is gone. May be said more than once. */
  end(): void;
}

/** Close codes of WebSockets that a server uses. */
export const closeCodes = { goingAway: 1001, internalError: 1011, tryAgainLater: 1013 } as const;

/** The most that a client may send in one frame, in bytes. */
export const maxFrameBytes: number = 32 * 1024 * 1024;

/** The most messages in one frame. All others wait until a frame is carried out: of the smallest ones 32 MiB would keep them waiting for minutes. */
export const maxFrameMessages = 16_384;

const longestReason = 123;

/** `reason` cut to what a close frame can hold, at the end of a character. */
export function closeReason(reason: string): string {
  const bytes = new TextEncoder().encode(reason);
  if (bytes.length <= longestReason) return reason;
  return new TextDecoder().decode(bytes.subarray(0, longestReason), { stream: true });
}
