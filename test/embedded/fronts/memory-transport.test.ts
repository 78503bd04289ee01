import { describe, expect, test } from 'vitest';
import { type ReducerReturn } from '../../../src/embedded/module-host.ts';
import { scriptedHost } from '../../support/scripted-host.ts';
import { openTestHost } from '../../support/test-host.ts';
import { summary, WireClient } from '../../support/wire-client.ts';

const refusal: ReducerReturn = { tag: 'error', message: 'not you' };
const id = '0123456789abcdef0123456789abcdef';

describe('a connection in memory', () => {
  test('goes through the handshake of a WebSocket', async () => {
    const server = await openTestHost();
    await expect(WireClient.inMemory({ ...server, database: 'other' })).rejects.toThrow('404 `other` not found');
    await expect(WireClient.inMemory(server, { token: 'x' })).rejects.toThrow('401 Invalid token: InvalidToken');
    await expect(WireClient.inMemory(server, { query: '&confirmed=maybe' })).rejects.toThrow('400 ');
  });

  test('tells nothing from within a call of the client', async () => {
    const server = await openTestHost();
    const told: string[] = [];
    const socket = server.connectInMemory(
      { url: 'ws://x/v1/database/test/subscribe', subprotocols: ['v2.bsatn.spacetimedb'], token: undefined },
      {
        onOpen: (subprotocol) => told.push(`open ${subprotocol}`),
        onFrame: (frame) => told.push(`frame ${frame[1]}`),
        onClose: (code) => told.push(`close ${code}`),
        onFailure: ({ status }) => told.push(`failure ${status}`),
      },
    );
    expect(told).toEqual([]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual(['open v2.bsatn.spacetimedb', 'frame 0']);
    socket.sendText('hello');
    expect(told).toHaveLength(2);
    await new Promise((resolve) => setImmediate(resolve));
    expect(told.slice(2)).toEqual(['close 1011']);
  });

  test('tells nothing any more after it was closed by the client, who is gone for the module too', async () => {
    const server = await openTestHost();
    const [ann, bob] = [await WireClient.inMemory(server), await WireClient.inMemory(server)];
    await bob.exchange({ tag: 'Subscribe', requestId: 1, querySetId: 1, queries: ['SELECT * FROM user'] });
    await ann.exchange();
    ann.sendRaw('a text is a reason to close');
    ann.leave();
    await ann.settle();
    expect(ann.closed).toBeUndefined();
    expect((await bob.exchange()).map(summary)).toEqual(['TransactionUpdate 1 user +1 -1']);
  });

  test('takes frames before it is open', async () => {
    const server = await openTestHost();
    const connecting = WireClient.inMemory(server);
    const client = await connecting;
    client.send({ tag: 'OneOffQuery', requestId: 1, query: 'SELECT * FROM setting' });
    expect((await client.exchange()).map(summary)).toEqual(['InitialConnection', 'OneOffQueryResult setting 1']);
  });

  test('is dropped without a word when the module refuses the client, who is not disconnected then', async () => {
    const calls: string[] = [];
    const server = await openTestHost(
      scriptedHost({
        reducers: {
          on_connect: () => refusal,
          on_disconnect: () => {
            calls.push('disconnected');
            return undefined;
          },
        },
      }),
    );
    const client = await WireClient.inMemory(server);
    await client.settle();
    expect(client.messages).toEqual([]);
    expect(client.closed).toEqual({ code: 1006, reason: '' });
    expect(calls).toEqual([]);
  });

  test('is dropped when its connection id is in use, and the other one stays', async () => {
    const server = await openTestHost();
    const first = await WireClient.inMemory(server, { query: `&connection_id=${id}` });
    const [initial] = await first.exchange();
    expect(initial).toMatchObject({ connectionId: { value: BigInt(`0x${id}`) } });
    const second = await WireClient.inMemory(server, { query: `&connection_id=${id}` });
    await second.settle();
    expect(second.closed).toEqual({ code: 1006, reason: '' });
    const query = { tag: 'OneOffQuery', requestId: 1, query: 'SELECT * FROM setting' } as const;
    expect((await first.exchange(query)).map(summary)).toEqual(['OneOffQueryResult setting 1']);
    first.leave();
    await first.settle();
    const third = await WireClient.inMemory(server, { query: `&connection_id=${id}` });
    expect((await third.exchange()).map(summary)).toEqual(['InitialConnection']);
  });

  test('is closed when the server goes', async () => {
    const server = await openTestHost();
    const client = await WireClient.inMemory(server);
    server.host.close();
    await client.settle();
    expect(client.closed).toEqual({ code: 1001, reason: 'module exited' });
  });
});
