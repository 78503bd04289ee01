import { effect, untracked } from '@preact/signals-core';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { encode } from '../../src/bsatn/codec.ts';
import { i64Codec } from '../../src/bsatn/basic-codecs.ts';
import { Identity } from '../../src/bsatn/special/identity.ts';
import { TimeDuration } from '../../src/bsatn/special/time-duration.ts';
import { Timestamp } from '../../src/bsatn/special/timestamp.ts';
import { AuthError, isSpacetimeDbError } from '../../src/errors.ts';
// Loaded when it is needed, which takes as long as it takes.
import '../../src/one-off-answer.ts';
import { type ClientMessage } from '../../src/wire/client-message.ts';
import { InMemoryOfflineStorage } from '../../src/offline/in-memory-offline-storage.ts';
import { settled } from '../support/fake-clock.ts';
import { FakeConnector, type FakeSocket } from '../support/fake-connector.ts';
import { propertyOptions } from '../support/property.ts';
import { answered, scores, ScriptedClient } from './scripted-client.ts';

/** How an application answers when it is asked for a token, and a server that is asked to exchange one. */
type TokenAnswer = 'given' | 'none' | 'broken' | 'late' | 'never';
type ExchangeAnswer = 'given' | 'refused' | 'broken' | 'late' | 'never';

interface Answers {
  token: TokenAnswer;
  exchange: ExchangeAnswer;
}

type Command =
  | { readonly kind: 'connect'; readonly isAborted: boolean; readonly isSubscribing: boolean }
  | {
      readonly kind:
        | 'disconnect'
        | 'reconnect'
        | 'logout'
        | 'subscribe'
        | 'unsubscribe'
        | 'resync'
        | 'reducer'
        | 'procedure'
        | 'oneOff'
        | 'health'
        | 'introduce'
        | 'open'
        | 'unauthorized'
        | 'fail'
        | 'drop'
        | 'answer'
        | 'refuse'
        | 'garbage'
        | 'turn'
        | 'microtask';
    }
  | { readonly kind: 'time'; readonly millis: number }
  | { readonly kind: 'token'; readonly token: TokenAnswer; readonly exchange: ExchangeAnswer };

const commandOf: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('connect'), isAborted: fc.boolean(), isSubscribing: fc.boolean() }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'subscribe',
        'reducer',
        'procedure',
        'oneOff',
        'introduce',
        'introduce',
        'answer',
        'answer',
        'turn',
        'turn',
        'microtask',
      ),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'disconnect',
        'reconnect',
        'logout',
        'unsubscribe',
        'resync',
        'health',
        'open',
        'unauthorized',
        'fail',
        'drop',
        'refuse',
        'garbage',
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('time'), millis: fc.constantFrom(1, 20, 1000, 10_000, 31_000) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('token'),
      token: fc.constantFrom('given', 'given', 'none', 'broken', 'late', 'never'),
      exchange: fc.constantFrom('given', 'given', 'refused', 'broken', 'late', 'never'),
    }),
  },
);

/** How a client is made: with a token or a function for one or neither, in a browser or not. */
interface Kind {
  readonly token: 'text' | 'function' | 'none';
  readonly isBrowser: boolean;
  readonly isRetried: boolean;
  readonly isOffline: boolean;
  /** What it does in the middle of a change of its state, where it does anything. */
  readonly meanwhile: Command | undefined;
}

/** A client whose server, application and time do whatever a test says, at any moment. */
class World {
  readonly scripted: ScriptedClient;
  readonly problems: string[] = [];
  readonly #kind: Kind;
  readonly #answers: Answers;
  readonly #unsettled = new Set<string>();
  readonly #states: string[] = [];
  readonly #introduced = new Set<FakeSocket>();
  readonly #answered = new Set<ClientMessage>();
  readonly #dispose: () => void;
  #identity = 1n;
  #hasLoggedOut = false;
  /** How often it has done something meanwhile: not for ever. */
  #nested = 0;
  #count = 0;

  private constructor(kind: Kind, scripted: ScriptedClient, answers: Answers) {
    this.#kind = kind;
    this.scripted = scripted;
    this.#answers = answers;
    const { connection } = scripted.client;
    const act = (): void => {
      if (kind.meanwhile !== undefined && this.#nested++ < 6) void this.run(kind.meanwhile);
    };
    connection.onStateChanged(({ status }) => {
      this.#states.push(status);
      act();
    });
    this.#dispose = effect(() => {
      void connection.state.value;
      untracked(act);
    });
  }

  static async create(kind: Kind): Promise<World> {
    const answers: Answers = { token: 'given', exchange: 'given' };
    const never = new Promise<never>(() => undefined);
    const tokenOf = async (): Promise<string> => {
      if (answers.token === 'none') throw new AuthError('nobody is logged in');
      if (answers.token === 'broken') throw new Error('the application is broken');
      if (answers.token === 'late') await settled();
      return answers.token === 'never' ? never : 'long-lived';
    };
    const fetch = async (): Promise<Response> => {
      if (answers.exchange === 'broken') throw new TypeError('no network');
      if (answers.exchange === 'refused') return new Response('expired', { status: 401 });
      if (answers.exchange === 'late') await settled();
      return answers.exchange === 'never' ? never : Response.json({ token: 'short-lived' });
    };
    const connector = new FakeConnector(!kind.isBrowser);
    const token = kind.token === 'function' ? tokenOf : 'long-lived';
    const scripted = await ScriptedClient.create(
      {
        fetch,
        retryInitialConnect: kind.isRetried,
        ...(kind.token !== 'none' && { token }),
        ...(kind.isOffline && { offlineStorage: new InMemoryOfflineStorage() }),
      },
      connector,
    );
    return new World(kind, scripted, answers);
  }

  run(command: Command): void | Promise<void> {
    const { client, clock } = this.scripted;
    switch (command.kind) {
      case 'connect': {
        const controller = new AbortController();
        const initialSubscriptions = command.isSubscribing ? ['SELECT * FROM score'] : [];
        this.#watch('connect', client.connect({ initialSubscriptions, signal: controller.signal }));
        if (command.isAborted) queueMicrotask(() => controller.abort(new AuthError('aborted')));
        return;
      }
      case 'disconnect':
        return this.#watch('disconnect', client.disconnect());
      case 'reconnect':
        return client.connection.reconnect();
      case 'logout':
        this.#hasLoggedOut = true;
        return this.#watch('logout', client.logout());
      case 'subscribe':
        return this.#watch('subscribe', client.subscriptions.subscribe('SELECT * FROM score').applied);
      case 'unsubscribe':
      case 'resync': {
        const id = client.inspect().querySets.at(-1)?.id;
        if (id === undefined) return;
        return this.#watch(command.kind, client.subscriptions[command.kind](id));
      }
      case 'reducer':
        return this.#watch('reducer', client.reducers.noop());
      case 'procedure':
        return this.#watch('procedure', client.procedures.add({ left: 1n, right: 2n }));
      case 'oneOff':
        return this.#watch('oneOff', client.subscriptions.oneOffQuery('SELECT * FROM score'));
      case 'health':
        return this.#watch('health', client.connection.checkHealth({ timeoutMs: 20 }));
      case 'turn':
        return settled();
      case 'microtask':
        return Promise.resolve();
      case 'time':
        return clock.advance(command.millis);
      case 'token':
        this.#answers.token = command.token;
        this.#answers.exchange = command.exchange;
        return;
      default:
        return this.#serve(command.kind);
    }
  }

  /** What is true at any moment. */
  check(): void {
    const { connector, client } = this.scripted;
    expect(connector.openSockets).toBeLessThanOrEqual(1);
    const { status } = client.connection.state.peek();
    expect(this.#states.at(-1) ?? 'disconnected').toBe(status);
    expect(client.address.peek() !== undefined).toBe(status === 'connected');
    const { token, isBrowser } = this.#kind;
    for (const { request } of connector.sockets) {
      const sent = isBrowser ? new URL(request.url).searchParams.get('token') : request.token;
      // Whoever was given a token is nobody else, unless it was told to forget it.
      if (token === 'function' || (token === 'text' && !this.#hasLoggedOut)) {
        expect(sent).toBe(isBrowser ? 'short-lived' : 'long-lived');
      }
    }
  }

  /** The end, at whatever moment: everything settles, and nothing is left. */
  async end(): Promise<void> {
    const { client, connector, clock, errors } = this.scripted;
    this.#nested = 0;
    await client.dispose();
    this.#dispose();
    await settled();
    await settled();
    expect([...this.#unsettled]).toEqual([]);
    expect([connector.openSockets, clock.openTimers, client.inspect().pendingCalls]).toEqual([0, 0, 0]);
    expect(client.inspect().querySets).toEqual([]);
    expect(errors.filter((error) => !isSpacetimeDbError(error))).toEqual([]);
  }

  #serve(kind: 'introduce' | 'open' | 'unauthorized' | 'fail' | 'drop' | 'answer' | 'refuse' | 'garbage'): void {
    const socket = this.scripted.connector.sockets.at(-1);
    if (socket === undefined || socket.closed !== undefined) return;
    const isIntroduced = this.#introduced.has(socket);
    if (kind === 'drop') return socket.drop();
    if (isIntroduced) {
      if (kind === 'answer' || kind === 'refuse') this.#answer(socket, kind === 'refuse');
      if (kind === 'garbage') socket.receiveFrame(Uint8Array.of(0, 99));
      return;
    }
    if (kind === 'fail') socket.fail();
    if (kind === 'unauthorized') socket.fail('Unexpected server response: 401', 401);
    if (kind === 'introduce') {
      this.#introduced.add(socket);
      if (this.#hasLoggedOut) this.#identity++;
      socket.introduce({ identity: new Identity(this.#identity) });
    }
  }

  /** The server answers the first message that it has not answered. */
  #answer(socket: FakeSocket, isRefused: boolean): void {
    const message = socket.messages.find((each) => !this.#answered.has(each));
    if (message === undefined) return;
    this.#answered.add(message);
    const { requestId } = message;
    switch (message.tag) {
      case 'Subscribe': {
        const { querySetId } = message;
        if (isRefused) socket.receive({ tag: 'SubscriptionError', requestId, querySetId, error: 'refused' });
        else socket.receive({ tag: 'SubscribeApplied', requestId, querySetId, tables: [scores(1, 2)] });
        return;
      }
      case 'Unsubscribe':
        socket.receive({ tag: 'UnsubscribeApplied', requestId, querySetId: message.querySetId, tables: undefined });
        return;
      case 'CallReducer':
        socket.receive(
          answered(requestId, isRefused ? { tag: 'InternalError', message: 'refused' } : { tag: 'OkEmpty' }),
        );
        return;
      case 'CallProcedure':
        socket.receive({
          tag: 'ProcedureResult',
          requestId,
          timestamp: Timestamp.epoch,
          duration: new TimeDuration(0n),
          status: isRefused
            ? { tag: 'InternalError', message: 'refused' }
            : { tag: 'Returned', value: encode(i64Codec, 3n) },
        });
        return;
      case 'OneOffQuery':
        socket.receive({
          tag: 'OneOffQueryResult',
          requestId,
          result: isRefused ? { err: 'refused' } : { ok: [scores(1)] },
        });
    }
  }

  #watch(what: string, promise: Promise<unknown>): void {
    const name = `${what} ${this.#count++}`;
    this.#unsettled.add(name);
    promise.then(
      () => this.#unsettled.delete(name),
      (error: unknown) => {
        this.#unsettled.delete(name);
        if (!isSpacetimeDbError(error)) this.problems.push(`${name}: ${String(error)}`);
      },
    );
  }
}

const kindOf: fc.Arbitrary<Kind> = fc.record({
  token: fc.constantFrom('text', 'function', 'none'),
  isBrowser: fc.boolean(),
  isRetried: fc.boolean(),
  isOffline: fc.boolean(),
  meanwhile: fc.oneof(
    fc.constant(undefined),
    commandOf,
    fc.record({ kind: fc.constantFrom('reconnect', 'disconnect', 'logout', 'unsubscribe') }),
  ),
});

test('whatever ends at whatever moment, there is one socket at most, nobody is somebody else, and all that waits is told', async () => {
  await fc.assert(
    fc.asyncProperty(kindOf, fc.array(commandOf, { maxLength: 60, size: 'max' }), async (kind, commands) => {
      const world = await World.create(kind);
      for (const command of commands) {
        await world.run(command);
        world.check();
      }
      await world.end();
      expect(world.problems).toEqual([]);
    }),
    propertyOptions(100),
  );
});
