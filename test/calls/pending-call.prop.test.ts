import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { encode } from '../../src/bsatn/codec.ts';
import { type ReducerCalls } from '../../src/calls/reducer-calls.ts';
import { Outbox } from '../../src/connection/outbox.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type FakeSocket, lonelySocket } from '../support/fake-connector.ts';
import { propertyOptions } from '../support/property.ts';
import { CallHarness, reducerCallsOf, say, type SayArgs } from './call-harness.ts';

/** Something that a client does. */
type Act =
  | { readonly kind: 'call'; readonly text: string; readonly isHeld: boolean }
  | { readonly kind: 'fail' }
  | { readonly kind: 'microtask' }
  | { readonly kind: 'turn' }
  | { readonly kind: 'answer'; readonly which: number };

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('call'), text: fc.string({ maxLength: 60 }), isHeld: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.constantFrom<Act>({ kind: 'fail' }, { kind: 'microtask' }, { kind: 'turn' }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('answer'), which: fc.nat() }) },
);

/** Calls that go through an outbox with frames of 100 bytes; the object of the arguments is used for all of them. */
class CallsOverAnOutbox {
  readonly clock: FakeClock = new FakeClock();
  readonly socket: FakeSocket = lonelySocket();
  readonly outbox: Outbox;
  readonly #args = { text: '', times: 1 };
  /** The arguments of the calls that have no answer, by request id. */
  readonly open = new Map<number, SayArgs>();
  #requestId = 0;
  #isHeld = false;
  readonly calls: ReducerCalls<undefined> = reducerCallsOf({
    ...new CallHarness().host,
    ids: { nextRequestId: () => ++this.#requestId },
    sendCall: (call) => {
      if (this.#isHeld) call.hold();
      const frame = this.outbox.send(call);
      if (!this.#isHeld) call.sentIn(frame);
    },
  });

  constructor(version: 'v2' | 'v3', batching: 'opportunistic' | 'disabled') {
    this.outbox = new Outbox({ version, batching, socket: this.socket, clock: this.clock, maxOutboundFrameBytes: 100 });
  }

  call(text: string, isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.#args.text = text;
    this.calls.call(say, this.#args).catch(() => undefined);
    this.open.set(this.#requestId, { text, times: 1 });
    this.#args.text = 'changed afterwards';
  }

  async fail(): Promise<void> {
    this.#isHeld = false;
    await expect(this.calls.call(say, { text: 'never sent', times: -1 })).rejects.toThrow(TypeError);
  }

  /** An answer may come before its call was sent, from a server that is out of its mind. */
  answer(which: number): void {
    const ids = Array.from(this.open.keys());
    const id = ids[which % ids.length];
    const args = id === undefined ? undefined : this.open.get(id);
    if (id === undefined || args === undefined) return;
    this.open.delete(id);
    expect(this.calls.take(id)?.argsBytes).toEqual(encode(say.args, args));
  }
}

test('the arguments of a call are found again as they were sent, in whichever frame, before that and afterwards', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(act, { maxLength: 40 }),
      fc.constantFrom('v2' as const, 'v3' as const),
      fc.constantFrom('opportunistic' as const, 'disabled' as const),
      async (acts, version, batching) => {
        const world = new CallsOverAnOutbox(version, batching);
        for (const each of acts) {
          if (each.kind === 'call') world.call(each.text, each.isHeld);
          else if (each.kind === 'fail') await world.fail();
          else if (each.kind === 'microtask') await Promise.resolve();
          else if (each.kind === 'turn') world.clock.advance(1);
          else world.answer(each.which);
        }
        while (world.open.size > 0) world.answer(0);
        expect(world.calls.pending.size).toBe(0);
      },
    ),
    propertyOptions(200),
  );
});
