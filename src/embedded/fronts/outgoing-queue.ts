import { type ClientTransport } from '../session/transport.ts';

/** How many messages may wait for a client that does not read; the next one drops it. */
const maxQueuedMessages = 16_384;

/**
 * How many bytes may wait behind what is being sent: large messages would fill the memory of this process long before they are so many. What is being sent does not
 * count, however large it is, since a client may be reading it all along.
 */
const maxBytesBehind = 256 * 1024 * 1024;

/** What a queue leads to. */
export interface OutgoingQueueActions {
  /** Gives a frame to the network; `done` is called when that has taken it, or is gone, in the order of the frames. */
  readonly write: (frame: Uint8Array, done: () => void) => void;
  /** The queue is full. */
  readonly overflow: () => void;
}

/**
 * Counts the messages that the network has not taken yet. What comes together is taken together, however much it is and in however many frames: nobody could
 * have read a part of it.
 */
export function outgoingQueue({ write, overflow }: OutgoingQueueActions): ClientTransport['send'] {
  let queued = 0;
  /** The sizes of what came together, the oldest first: that one is being sent. */
  const waiting: number[] = [];
  let bytesBehind = 0;
  return (frames) => {
    if (queued >= maxQueuedMessages || bytesBehind >= maxBytesBehind) {
      overflow();
      return;
    }
    const size = frames.reduce((sum, { bytes }) => sum + bytes.length, 0);
    if (waiting.length > 0) bytesBehind += size;
    waiting.push(size);
    let left = frames.length;
    for (const { bytes, messages } of frames) {
      queued += messages;
      write(bytes, () => {
        queued -= messages;
        left--;
        if (left > 0) return;
        waiting.shift();
        bytesBehind -= waiting[0] ?? 0;
      });
    }
  };
}
