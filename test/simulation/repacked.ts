import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { BsatnReader } from '../../src/bsatn/reader.ts';
import { inflated } from '../../src/embedded/kit/inflated.ts';
import { type Connect } from '../../src/embedded/kit/fault-network.ts';
import { readClientMessage } from '../../src/wire/client-message.ts';
import { type Compression, compressionTags } from '../../src/wire/compression.ts';
import { readServerMessage } from '../../src/wire/server-message.ts';
import { subprotocols } from '../../src/wire/version.ts';
import { type SeededRandom } from '../support/random.ts';

/**
 * The same messages in the same order, in other frames: chance says how many share one, in both directions, how each is compressed, and what waits for what
 * comes later.
 */
export function repacked(connect: Connect, random: SeededRandom): Connect {
  return (request, handlers) => {
    let isShared = false;
    const down = new Packer(random, (messages) => handlers.onFrame(serverFrame(messages, random)));
    const socket = connect(request, {
      onOpen: (subprotocol) => {
        isShared = subprotocol === subprotocols.v3;
        handlers.onOpen(subprotocol);
      },
      onFrame: (frame) => {
        if (frame !== undefined) down.push(messagesOf(readServerMessage, inflated(frame)), isShared);
      },
      onAlive: () => handlers.onAlive(),
      onClose: (code, reason) => {
        down.flush();
        handlers.onClose(code, reason);
      },
      onFailure: (failure) => handlers.onFailure(failure),
    });
    const up = new Packer(random, (messages) => socket.send(joined(messages)));
    return {
      get bufferedBytes() {
        return socket.bufferedBytes;
      },
      send: (frame) => up.push(messagesOf(readClientMessage, frame), isShared),
      close: (code, reason) => {
        down.close();
        up.flush();
        socket.close(code, reason);
      },
    };
  };
}

/** Puts the messages of one direction into frames. */
class Packer {
  readonly #random: SeededRandom;
  readonly #send: (messages: readonly Uint8Array[]) => void;
  #waiting: Uint8Array[] = [];
  #isClosed = false;

  constructor(random: SeededRandom, send: (messages: readonly Uint8Array[]) => void) {
    this.#random = random;
    this.#send = send;
  }

  push(messages: readonly Uint8Array[], isShared: boolean): void {
    if (!isShared) return this.#send(messages);
    this.#waiting.push(...messages);
    if (this.#random.chance(0.5)) this.flush();
    else setImmediate(() => this.flush());
  }

  flush(): void {
    while (this.#waiting.length > 0 && !this.#isClosed) {
      this.#send(this.#waiting.splice(0, 1 + this.#random.below(this.#waiting.length)));
    }
  }

  close(): void {
    this.#isClosed = true;
  }
}

function messagesOf(read: (reader: BsatnReader) => unknown, body: Uint8Array): Uint8Array[] {
  const reader = new BsatnReader(body, 'a frame');
  const messages: Uint8Array[] = [];
  while (reader.remaining > 0) {
    const start = reader.offset;
    read(reader);
    messages.push(body.slice(start, reader.offset));
  }
  return messages;
}

function serverFrame(messages: readonly Uint8Array[], random: SeededRandom): Uint8Array {
  const body = joined(messages);
  const compression = random.pick<Compression>(['none', 'none', 'gzip', 'brotli']);
  return joined([Uint8Array.of(compressionTags[compression]), compressed(body, compression)]);
}

function compressed(body: Uint8Array, compression: Compression): Uint8Array {
  switch (compression) {
    case 'none':
      return body;
    case 'gzip':
      return gzipSync(body);
    case 'brotli':
      return brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.concat(parts));
}
