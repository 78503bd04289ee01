import { stringCodec, u32Codec } from '../../src/bsatn/basic-codecs.ts';
import { type Codec } from '../../src/bsatn/codec.ts';
import { BsatnReader } from '../../src/bsatn/reader.ts';
import { Timestamp } from '../../src/bsatn/special/timestamp.ts';
import { BsatnWriter } from '../../src/bsatn/writer.ts';
import { type SendableCall } from '../../src/calls/pending-call.ts';
import { ProcedureDefinition, ReducerDefinition } from '../../src/calls/definition.ts';
import { type CallsHost, ReducerCalls } from '../../src/calls/reducer-calls.ts';
import { type ClientMessage, readClientMessage } from '../../src/wire/client-message.ts';
import { writeOutboundMessage } from '../../src/wire/outbound-call.ts';
import { OutgoingFrame } from '../../src/wire/outgoing-frame.ts';
import { type ReducerOutcome, type ReducerResult } from '../../src/wire/server-message.ts';
import { FakeClock } from '../support/fake-clock.ts';

/** The arguments of the functions below. */
export interface SayArgs {
  readonly text: string;
  readonly times: number;
}

const sayArgsCodec: Codec<SayArgs> = {
  read: (reader) => ({ text: stringCodec.read(reader), times: u32Codec.read(reader) }),
  write: (writer, { text, times }) => {
    stringCodec.write(writer, text);
    u32Codec.write(writer, times);
  },
  minSize: 8,
};

export const say: ReducerDefinition<SayArgs> = new ReducerDefinition({ name: 'say', args: sayArgsCodec });
export const sayProcedure: ProcedureDefinition<SayArgs, string> = new ProcedureDefinition({
  name: 'say',
  args: sayArgsCodec,
  returned: stringCodec,
});
export const hi: SayArgs = { text: 'hi', times: 2 };
/** `hi` as BSATN. */
export const hiBytes: Uint8Array = Uint8Array.of(2, 0, 0, 0, 0x68, 0x69, 2, 0, 0, 0);

/** What calls work with, in the hands of a test. Request ids count from 1; a call may take 1000 ms. */
export class CallHarness {
  readonly clock: FakeClock = new FakeClock();
  readonly sent: ClientMessage[] = [];
  /** The calls themselves, in the same order. */
  readonly calls: SendableCall[] = [];
  readonly refusals: string[] = [];
  readonly host: CallsHost = {
    ids: { nextRequestId: () => this.sent.length + 1 },
    clock: this.clock,
    callTimeoutMs: 1000,
    sendCall: (call) => this.#send(call),
    onInternalError: (message) => this.refusals.push(message),
  };

  #send(call: SendableCall): void {
    const writer = new BsatnWriter();
    writeOutboundMessage(writer, call);
    call.sentIn(new OutgoingFrame(writer));
    this.calls.push(call);
    this.sent.push(readClientMessage(new BsatnReader(writer.finish(), 'a call')));
  }
}

/** The answer to a reducer call. */
export function resultOf(requestId: number, outcome: ReducerOutcome): ReducerResult {
  return { tag: 'ReducerResult', requestId, timestamp: new Timestamp(5n), outcome };
}

/** Reducer calls that nothing is attached to. */
export function reducerCallsOf(host: CallsHost): ReducerCalls<undefined> {
  return new ReducerCalls(host, { onMade: () => undefined, onForgotten: () => undefined });
}
