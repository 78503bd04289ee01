import { WebSocket } from 'ws';

const messageTooBig = 1009;

/** The server's end of a WebSocket. What is too long ends it without the close frame that `ws` would send: no real server sends one. */
export class ServerWebSocket extends WebSocket {
  override close(code?: number, reason?: string | Buffer): void {
    if (code === messageTooBig) this.terminate();
    else super.close(code, reason);
  }
}
