import { type ClientTransport } from '../session/transport.ts';

/** How many messages may wait for a client that does not read; the next one drops it. */
const maxQueuedMessages = 16_384;

/** How many bytes of messages may wait so: large ones would fill the memory of this process long before they are so many. */
const maxQueuedBytes = 256 * 1024 * 1024;

/** What a queue leads to. */
export interface OutgoingQueueActions {
  /** Gives a frame to the network; `done` is called when that has taken it, or is gone. */
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
  let queuedBytes = 0;
  return (frames) => {
    if (queued >= maxQueuedMessages || queuedBytes >= maxQueuedBytes) {
      overflow();
      return;
    }
    for (const { bytes, messages } of frames) {
      queued += messages;
      queuedBytes += bytes.length;
      write(bytes, () => {
        queued -= messages;
        queuedBytes -= bytes.length;
      });
    }
  };
}
