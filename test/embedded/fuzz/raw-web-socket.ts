import { connect, type Socket } from 'node:net';
import { readServerPayload } from '../../../src/wire/frame.ts';
import { type ServerMessage } from '../../../src/wire/server-message.ts';
import { eventually } from '../../support/live-clients.ts';

/** What may stand in the first byte of a frame: `FIN RSV1 RSV2 RSV3 opcode:4`. */
export const frameStarts = {
  binary: 0x82,
  text: 0x81,
  /** The first fragment of a binary message. */
  binaryBegin: 0x02,
  fragment: 0x00,
  lastFragment: 0x80,
  close: 0x88,
  ping: 0x89,
} as const;

/**
 * A frame as clients send it, with a mask of zeros; `options` make a wrong one.
 *
 * ```text
 * start:u8 | masked:1 length:7 (126: u16 follows, 127: u64 follows) | mask:4 bytes | payload
 * ```
 */
export function frameOf(
  start: number,
  payload: Uint8Array,
  { isMasked = true, length = payload.length }: { readonly isMasked?: boolean; readonly length?: number } = {},
): Uint8Array {
  const head = Buffer.alloc(10);
  head[0] = start;
  const mark = isMasked ? 0x80 : 0;
  let size = 2;
  if (length < 126) head[1] = mark | length;
  else if (length < 65_536) {
    head[1] = mark | 126;
    size += head.writeUInt16BE(length, 2) - 2;
  } else {
    head[1] = mark | 127;
    size += head.writeBigUInt64BE(BigInt(length), 2) - 2;
  }
  return Buffer.concat([head.subarray(0, size), Buffer.alloc(isMasked ? 4 : 0), payload]);
}

/** A client that writes bytes to a socket, and reads what the server makes of them. The server is to speak v3 without compression. */
export class RawWebSocket {
  readonly messages: ServerMessage[] = [];
  /** The close frame of the server. */
  closeFrame: { readonly code: number; readonly reason: string } | undefined;
  isGone = false;
  readonly #socket: Socket;
  #bytes: Buffer = Buffer.alloc(0);
  #isOpen = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes]);
      while (this.#take());
    });
    // Whatever ends the connection, it is gone then.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isGone = true;
    });
  }

  static async open(port: number, database: string): Promise<RawWebSocket> {
    const client = new RawWebSocket(connect(port, '127.0.0.1'));
    client.write(
      Buffer.from(
        [
          `GET /v1/database/${database}/subscribe?compression=None&confirmed=false HTTP/1.1`,
          'Host: x',
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
          `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}`,
          'Sec-WebSocket-Protocol: v3.bsatn.spacetimedb',
          '\r\n',
        ].join('\r\n'),
      ),
    );
    await eventually('InitialConnection', () => client.messages.length > 0);
    return client;
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Ends its side, as a process does that ends in good order. */
  end(): void {
    this.#socket.end();
  }

  /** Breaks the connection, as one that falls over. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** Takes the answer to the handshake or a frame from the front; false: there is none yet. */
  #take(): boolean {
    if (!this.#isOpen) {
      const end = this.#bytes.indexOf('\r\n\r\n');
      if (end === -1) return false;
      this.#isOpen = true;
      this.#bytes = this.#bytes.subarray(end + 4);
      return true;
    }
    const [start, short] = this.#bytes;
    if (start === undefined || short === undefined) return false;
    const extra = short === 126 ? 2 : short === 127 ? 8 : 0;
    if (this.#bytes.length < 2 + extra) return false;
    const length =
      extra === 0 ? short : extra === 2 ? this.#bytes.readUInt16BE(2) : Number(this.#bytes.readBigUInt64BE(2));
    const end = 2 + extra + length;
    if (this.#bytes.length < end) return false;
    const payload = this.#bytes.subarray(2 + extra, end);
    this.#bytes = this.#bytes.subarray(end);
    if (start === frameStarts.binary) this.messages.push(...readServerPayload(payload.subarray(1), 'v3'));
    if (start === frameStarts.close) {
      this.closeFrame = { code: length < 2 ? 1005 : payload.readUInt16BE(0), reason: payload.toString('utf8', 2) };
      this.end();
    }
    return true;
  }
}
