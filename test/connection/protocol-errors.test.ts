import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../src/errors.ts';
import { Harness } from './connection-harness.ts';

const introduced = async (harness: Harness): Promise<void> => void (await harness.open());

describe('a server that does not follow the protocol', () => {
  test.each<[string, (harness: Harness) => Promise<void>, RegExp]>([
    [
      'another message first',
      async (harness) => void (await harness.attempt()).open().receive({ tag: 'TransactionUpdate', querySets: [] }),
      /first message .* is TransactionUpdate/,
    ],
    [
      'an unknown subprotocol',
      async (harness) => void (await harness.attempt()).open('v3', 'v4.bsatn.spacetimedb'),
      /picked the subprotocol v4/,
    ],
    [
      'a text frame',
      (harness) => introduced(harness).then(() => harness.connector.last.receiveFrame(undefined)),
      /text frame/,
    ],
    [
      'damaged bytes',
      (harness) => introduced(harness).then(() => harness.connector.last.receiveFrame(Uint8Array.of(0, 77))),
      /ServerMessage/,
    ],
    [
      'a message that makes no sense',
      (harness) => introduced(harness).then(() => harness.connection.violate(new ProtocolError('nonsense'))),
      /nonsense/,
    ],
    [
      'a close code that says so',
      (harness) => introduced(harness).then(() => harness.connector.last.drop(1009, 'too big')),
      /too big \(code 1009\)/,
    ],
  ])('by %s is left, with the error told once', async (_, violate, problem) => {
    const harness = new Harness({ policy: { retryInitialConnect: true } });
    await violate(harness);
    expect(harness.states.at(-1)?.status).toBe('reconnecting');
    expect(harness.errors).toEqual([expect.any(ProtocolError)]);
    expect(String(harness.errors[0])).toMatch(problem);
    expect(harness.connector.openSockets).toBe(0);
  });

  test('three times without a healthy minute is left for good', async () => {
    const harness = new Harness();
    await harness.open();
    for (let time = 0; time < 2; time++) {
      harness.connector.last.receiveFrame(undefined);
      harness.connector.last.receiveFrame(undefined);
      (await harness.pass(30_000)).introduce();
    }
    harness.connector.last.receiveFrame(undefined);
    expect(harness.states.at(-1)).toEqual({ status: 'fatalError', message: 'the server sent a text frame' });
    expect(harness.connection.lastError).toBeInstanceOf(ProtocolError);
    expect(harness.clock.openTimers).toBe(0);
  });

  test('is of no interest any more when the connection is gone', async () => {
    const harness = new Harness();
    (await harness.open()).drop();
    const before = harness.connection.lastError;
    harness.connection.violate(new ProtocolError('late'));
    expect(harness.errors).toEqual([new ProtocolError('late')]);
    expect(harness.connection.lastError).toBe(before);
    (await harness.pass(500)).introduce();
    expect(harness.states.at(-1)).toEqual({ status: 'connected' });
  });
});
