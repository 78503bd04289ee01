import { BsatnReader } from '../../bsatn/reader.ts';
import { type ConnectionId } from '../../bsatn/special/connection-id.ts';
import { type Identity } from '../../bsatn/special/identity.ts';
import { type ModuleModel } from '../../module-def/model.ts';
import { type ClientMessage, readClientMessage } from '../../wire/client-message.ts';
import { readServerPayload } from '../../wire/frame.ts';
import { type ServerMessage } from '../../wire/server-message.ts';
import { type ProtocolVersion } from '../../wire/version.ts';
import { clientMessageText, serverMessageText } from './message-text.ts';
import { inflated } from './inflated.ts';

interface FrameOfConnection {
  readonly identity: Identity;
  readonly connectionId: ConnectionId;
  /** When it came or left by the server's clock, in microseconds since the Unix epoch. */
  readonly timestamp: bigint;
  /** The frame as it was on the wire, perhaps compressed. */
  readonly bytes: Uint8Array;
  /** A line in short, such as `client: CallReducer say [3,"hello"]` or `server: TransactionUpdate 1: message +1 -0`. */
  toString(): string;
}

/** A frame that a client sent. */
export interface RecordedClientFrame extends FrameOfConnection {
  readonly from: 'client';
  /** Throws a `ProtocolError` for a frame that holds no messages. */
  readonly messages: readonly ClientMessage[];
}

/** A frame that the server sent. */
export interface RecordedServerFrame extends FrameOfConnection {
  readonly from: 'server';
  /** The messages of the frame, in order. */
  readonly messages: readonly ServerMessage[];
}

/** A frame between a client and the server, decoded when it is looked at. */
export type RecordedFrame = RecordedClientFrame | RecordedServerFrame;

/** What is known of a frame when it passes. */
export type FrameFacts = Pick<RecordedFrame, 'identity' | 'connectionId' | 'timestamp' | 'bytes'> & {
  readonly version: ProtocolVersion;
  readonly module: ModuleModel;
};

export function clientFrame({ version, module, ...frame }: FrameFacts): RecordedClientFrame {
  const read = once(() => readClientMessages(frame.bytes, version));
  return {
    ...frame,
    from: 'client',
    get messages() {
      return read();
    },
    toString: () =>
      `client: ${read()
        .map((message) => clientMessageText(message, module))
        .join(', ')}`,
  };
}

export function serverFrame({ version, identity, connectionId, timestamp, bytes }: FrameFacts): RecordedServerFrame {
  const read = once(() => readServerPayload(inflated(bytes), version));
  return {
    identity,
    connectionId,
    timestamp,
    bytes,
    from: 'server',
    get messages() {
      return read();
    },
    toString: () => `server: ${read().map(serverMessageText).join(', ')}`,
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function readClientMessages(bytes: Uint8Array, version: ProtocolVersion): readonly ClientMessage[] {
  const reader = new BsatnReader(bytes, 'a frame of a client');
  const messages = [readClientMessage(reader)];
  if (version === 'v3') while (reader.remaining > 0) messages.push(readClientMessage(reader));
  return messages;
}
