import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { encode } from '../../src/bsatn/codec.ts';
import { BsatnWriter } from '../../src/bsatn/writer.ts';
import { beginCall, callHead, type CallKind, endCall } from '../../src/wire/call-head.ts';
import { type ClientMessage } from '../../src/wire/client-message.ts';
import { propertyOptions } from '../support/property.ts';
import { clientMessageCodec } from '../support/message-codecs.ts';

function messageOf(kind: CallKind, name: string, requestId: number, args: Uint8Array): ClientMessage {
  return kind === 'reducer'
    ? { tag: 'CallReducer', requestId, reducer: name, args }
    : { tag: 'CallProcedure', requestId, procedure: name, args };
}

const anyCall = fc.record({
  kind: fc.constantFrom<CallKind>('reducer', 'procedure'),
  name: fc.string({ unit: 'grapheme', maxLength: 40 }),
  ids: fc.array(fc.integer({ min: 0, max: 0xffffffff }), { minLength: 1, maxLength: 4 }),
  args: fc.uint8Array({ maxLength: 40 }),
});

test('calls that begin with one head are the messages that they would be one by one', () => {
  fc.assert(
    fc.property(anyCall, ({ kind, name, ids, args }) => {
      const head = callHead(kind, name);
      const writer = new BsatnWriter();
      for (const id of ids) {
        const argumentsAt = beginCall(writer, head, id);
        writer.raw(args);
        endCall(writer, argumentsAt);
      }
      const expected = ids.flatMap((id) => [...encode(clientMessageCodec, messageOf(kind, name, id, args))]);
      expect([...writer.finish()]).toEqual(expected);
    }),
    propertyOptions(300),
  );
});

test('a request id that is no u32 is refused', () => {
  expect(() => beginCall(new BsatnWriter(), callHead('reducer', 'say'), -1)).toThrow('-1 is not a value of u32');
});
