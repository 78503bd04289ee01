import { type BsatnWriter } from '../bsatn/writer.ts';
import { type ClientMessage, writeClientMessage } from './client-message.ts';

/** A call that writes its arguments where they are sent from: bytes of their own for each call are a third of what it costs. */
export interface OutboundCall {
  readonly tag: 'Call';
  readonly kind: 'reducer' | 'procedure';
  /** The name of the function on the wire. */
  readonly name: string;
  readonly requestId: number;
  /** Writes the arguments as BSATN; once more where the frame was full. What it throws leaves nothing behind. */
  writeArguments(writer: BsatnWriter): void;
}

/** What a client hands over to be sent. */
export type OutboundMessage = ClientMessage | OutboundCall;

/** Writes one message. */
export function writeOutboundMessage(writer: BsatnWriter, message: OutboundMessage): void {
  if (message.tag !== 'Call') return writeClientMessage(writer, message);
  writer.u8(message.kind === 'reducer' ? 3 : 4);
  writer.u32(message.requestId);
  writer.u8(0);
  writer.string(message.name);
  const lengthAt = writer.length;
  writer.u32(0);
  message.writeArguments(writer);
  writer.setU32(lengthAt, writer.length - lengthAt - 4);
}
