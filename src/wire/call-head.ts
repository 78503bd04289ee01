import { type PreparedBytes, preparedBytes } from '../bsatn/prepared-bytes.ts';
import { BsatnWriter } from '../bsatn/writer.ts';
import { writeClientMessage } from './client-message.ts';

/** What can be called; each has a message of its own. */
export type CallKind = 'reducer' | 'procedure';

/** Where in a call the request id is. */
const requestIdAt = 1;

const noArguments = new Uint8Array(0);

/**
 * What comes before the arguments in every call of one function, where only two numbers differ. Written field by field, it would be a fifth of what a call costs.
 *
 * ```text
 * tag u8 | request id u32 | flags u8 | length u32, name | length of the arguments u32 | arguments
 * ```
 */
export function callHead(kind: CallKind, name: string): PreparedBytes {
  const call = { requestId: 0, args: noArguments };
  const writer = new BsatnWriter();
  if (kind === 'reducer') writeClientMessage(writer, { tag: 'CallReducer', reducer: name, ...call });
  else writeClientMessage(writer, { tag: 'CallProcedure', procedure: name, ...call });
  return preparedBytes(writer.finish());
}

/** Writes a call but for its arguments, which are to follow, and then {@link endCall}. Returns where they begin. */
export function beginCall(writer: BsatnWriter, head: PreparedBytes, requestId: number): number {
  const start = writer.length;
  writer.prepared(head);
  writer.setU32(start + requestIdAt, requestId);
  return writer.length;
}

/** Ends the call whose arguments begin at `argumentsAt`. */
export function endCall(writer: BsatnWriter, argumentsAt: number): void {
  writer.setU32(argumentsAt - 4, writer.length - argumentsAt);
}
