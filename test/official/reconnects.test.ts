import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';
import { type LiveServer, startLiveServer } from '../support/live-clients.ts';
import { type BothClients, bothUpToDate, expectRowsOfServer, soon } from './both-clients.ts';
import { connectOfficial, type OfficialClient } from './official-client.ts';
import { sdk } from './official-sdk.ts';

const tables = ['user', 'note', 'message', 'setting'] as const;
const queries = [...tables, 'chat_event'].map((table) => `SELECT * FROM ${table}`);
const aNote = { folder: 'inbox', title: 'a title', body: '', tags: [] };

/*
 * The package does not connect again by itself: its connection ends with `onDisconnect`, and whoever wants another one builds it, with the token of the first.
 */
describe.each(['v3', 'v2'] as const)(
  'the package spacetimedb, whose connection breaks, at a server of %s',
  (protocol) => {
    let live: LiveServer;
    let proxy: TcpProxy;
    const connected: OfficialClient[] = [];

    beforeEach(async () => {
      sdk.setGlobalLogLevel('warn');
      vi.spyOn(console, 'log');
      live = await startLiveServer(protocol);
      proxy = await startTcpProxy(live.server.port);
    });

    afterEach(async () => {
      // A connection that carries nothing any more would wait long for its close.
      await proxy[Symbol.asyncDispose]();
      for (const official of connected.splice(0)) await official.close();
      await live[Symbol.asyncDispose]();
      // On the console the package says what it finds wrong with what it receives.
      const complaints = [...live.errors, ...vi.mocked(console.log).mock.calls];
      vi.restoreAllMocks();
      expect(complaints).toEqual([]);
    });

    async function connect(token?: string): Promise<OfficialClient> {
      const official = await connectOfficial(
        { url: `http://${proxy.host}`, database: live.server.database },
        { token },
      );
      connected.push(official);
      await official.subscribe(queries);
      return official;
    }

    /** Whether the module thinks that somebody is there. */
    function isOnline({ identity }: OfficialClient): unknown {
      const users = live.server.query('SELECT identity, online FROM "user"');
      return users.find((user) => String(user['identity']) === identity.toHexString())?.['online'];
    }

    /** What a new connection has to be able to do, whatever became of the one before. */
    async function expectEverything(clients: BothClients): Promise<void> {
      const { ours, official } = clients;
      const heard: object[] = [];
      official.connection.db.chatEvent.onInsert((_, row) => heard.push(row));
      await bothUpToDate(clients);
      await expectRowsOfServer(clients, tables);
      await official.connection.reducers.createNote({ ...aNote, id: 100n });
      await ours.reducers.createNote({ ...aNote, id: 101n });
      await ours.reducers.announce({ room: 1, what: ['again'] });
      await expect(official.connection.reducers.failWith({ message: 'still' })).rejects.toThrow('still');
      await expect(official.connection.procedures.add({ left: 1n, right: 2n })).resolves.toBe(3n);
      const room = await official.subscribe(['SELECT * FROM entity']);
      await official.unsubscribe(room);
      await expect(official.subscribe(['SELECT * FROM nope'])).rejects.toThrow('nope');
      await bothUpToDate(clients);
      await expectRowsOfServer(clients, tables);
      expect(heard).toEqual([{ room: 1, what: 'again' }]);
    }

    test('by a network that is cut gets a new one, with what happened meanwhile', async () => {
      const ours = await live.connect(queries);
      const first = await connect();
      await first.connection.reducers.createNote({ ...aNote, id: 1n });
      await first.connection.reducers.createNote({ ...aNote, id: 2n });
      await proxy.kill();
      await first.disconnected;
      await soon(() => expect(isOnline(first)).toBe(false));
      await ours.reducers.createNote({ ...aNote, id: 3n });
      await ours.reducers.deleteNote({ id: 3n });
      await ours.reducers.say({ room: 1, text: 'you missed this' });
      await ours.reducers.announce({ room: 1, what: ['and this, for good'] });
      await proxy.restart();
      const second = await connect(first.token);
      expect(second.identity.toHexString()).toBe(first.identity.toHexString());
      expect(second.connection.connectionId.toHexString()).not.toBe(first.connection.connectionId.toHexString());
      expect(isOnline(second)).toBe(true);
      expect(second.rows('message')).toEqual([expect.objectContaining({ text: 'you missed this' })]);
      await expectEverything({ ours, official: second });
      // It wrote them before, so it is who may change them.
      await second.connection.reducers.updateNote({ id: 1n, title: 'mine', body: 'still' });
      await bothUpToDate({ ours, official: second });
      await expectRowsOfServer({ ours, official: second }, tables);
    });

    test('by a restart of the server gets a new one, with the rows and the token of before', async () => {
      const ours = await live.connect(queries, { retry: { baseDelayMs: 1 } });
      const first = await connect();
      await first.connection.reducers.createNote({ ...aNote, id: 1n });
      await live.server.restart();
      await first.disconnected;
      expect(isOnline(first)).toBe(false);
      const second = await connect(first.token);
      expect(second.identity.toHexString()).toBe(first.identity.toHexString());
      expect(second.rows('note')).toHaveLength(1);
      await soon(() => expect(ours.subscriptions.ready.value).toBe(true));
      await expectEverything({ ours, official: second });
    });

    test('without its knowledge gets a second one beside the first, and both stay apart', async () => {
      const ours = await live.connect(queries);
      const first = await connect();
      proxy.freeze();
      const second = await connect(first.token);
      expect([first.connection.isActive, second.connection.isActive]).toEqual([true, true]);
      await expectEverything({ ours, official: second });
      expect(first.rows('note')).toEqual([]);
    });

    test('in the middle of calls and subscriptions leaves nothing behind on the server', async () => {
      const ours = await live.connect(queries);
      for (let round = 0; round < 5; round++) {
        const official = await connect();
        const { reducers, procedures } = official.connection;
        // Nobody will answer those that are cut off, and the package never settles them.
        void reducers.say({ room: round, text: 'cut off' }).catch(() => undefined);
        void procedures.slowSay({ room: round, text: 'cut off, too' }).catch(() => undefined);
        void official.subscribe(['SELECT * FROM score']).catch(() => undefined);
        await proxy.kill();
        await official.disconnected;
        await soon(() => expect(isOnline(official)).toBe(false));
        await proxy.restart();
      }
      await soon(() => expect(live.server.statistics.connections).toBe(1));
      await expectEverything({ ours, official: await connect() });
    });
  },
);
