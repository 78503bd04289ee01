import { type PreparedBytes } from '../bsatn/prepared-bytes.ts';
import { type BsatnWriter } from '../bsatn/writer.ts';
import { beginCall, endCall } from './call-head.ts';
import { type ClientMessage, writeClientMessage } from './client-message.ts';

/** A call that writes its arguments where they are sent from: bytes of their own for each call are a third of what it costs. */
export interface OutboundCall {
  readonly tag: 'Call';
  /** What sending it is called in errors. */
  readonly action: string;
  /** What comes before the arguments, but for the request id. */
  readonly head: PreparedBytes;
  readonly requestId: number;
  /** Writes the arguments as BSATN; once more where the frame was full. What it throws leaves nothing behind. */
  writeArguments(writer: BsatnWriter): void;
}

/** What a client hands over to be sent. */
export type OutboundMessage = ClientMessage | OutboundCall;

/** Writes one message. */
export function writeOutboundMessage(writer: BsatnWriter, message: OutboundMessage): void {
  if (message.tag !== 'Call') return writeClientMessage(writer, message);
  const argumentsAt = beginCall(writer, message.head, message.requestId);
  message.writeArguments(writer);
  endCall(writer, argumentsAt);
}
