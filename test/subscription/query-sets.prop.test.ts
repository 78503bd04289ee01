import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SubscriptionError } from '../../src/errors.ts';
import { type SubscriptionHandle } from '../../src/subscription/query-set.ts';
import { QuerySets, type QuerySetsHost, type SubscriptionStep } from '../../src/subscription/query-sets.ts';
import { type ClientMessage } from '../../src/wire/client-message.ts';
import { type ServerMessage } from '../../src/wire/server-message.ts';
import { FakeClock, settled } from '../support/fake-clock.ts';
import { propertyOptions } from '../support/property.ts';

/** A server that knows nothing but which query sets there are. It takes messages one by one, and its answers arrive one by one. */
class NaiveServer {
  readonly live = new Map<number, readonly string[]>();
  readonly inbound: ClientMessage[] = [];
  readonly outbound: ServerMessage[] = [];
  /** What no client may do. */
  readonly complaints: string[];
  /** Sets that ended by its own doing, which a client may not know yet. */
  readonly #gone = new Set<number>();

  constructor(complaints: string[] = []) {
    this.complaints = complaints;
  }

  take(isRefused: boolean): void {
    const message = this.inbound.shift();
    if (message?.tag === 'Subscribe') this.#subscribe(message, isRefused);
    if (message?.tag === 'Unsubscribe') this.#unsubscribe(message);
  }

  fail(querySetId: number): void {
    if (this.live.delete(querySetId)) {
      this.#gone.add(querySetId);
      this.outbound.push({ tag: 'SubscriptionError', requestId: undefined, querySetId, error: 'failed' });
    }
  }

  /** Whether a Subscribe of this set, or the answer to one, is on its way. */
  isAsked(querySetId: number): boolean {
    const isAnswer = (message: ServerMessage): boolean =>
      message.tag === 'SubscribeApplied' || (message.tag === 'SubscriptionError' && message.error === 'refused');
    return (
      this.inbound.some((message) => message.tag === 'Subscribe' && message.querySetId === querySetId) ||
      this.outbound.some((message) => isAnswer(message) && 'querySetId' in message && message.querySetId === querySetId)
    );
  }

  #subscribe({ requestId, querySetId, queries }: ClientMessage & { tag: 'Subscribe' }, isRefused: boolean): void {
    if (this.live.has(querySetId)) this.complaints.push(`${querySetId} already exists`);
    if (isRefused) {
      this.#gone.add(querySetId);
      this.outbound.push({ tag: 'SubscriptionError', requestId, querySetId, error: 'refused' });
    } else {
      this.live.set(querySetId, queries);
      this.outbound.push({ tag: 'SubscribeApplied', requestId, querySetId, tables: [] });
    }
  }

  #unsubscribe({ requestId, querySetId }: ClientMessage & { tag: 'Unsubscribe' }): void {
    const wasLive = this.live.delete(querySetId);
    if (!wasLive && !this.#gone.has(querySetId)) this.complaints.push(`${querySetId} does not exist`);
    if (wasLive) this.outbound.push({ tag: 'UnsubscribeApplied', requestId, querySetId, tables: undefined });
    else this.outbound.push({ tag: 'SubscriptionError', requestId, querySetId, error: 'not found' });
  }
}

/** A set as somebody sees it who holds its handle. */
interface Held {
  readonly handle: SubscriptionHandle;
  readonly query: string;
  /** Whether it was ended, refused, failed or given up. */
  isOver: boolean;
  /** Whether the server has answered on this connection, and the answer was carried out. */
  isApplied: boolean;
  /** How, and how often, its promise settled. */
  readonly applied: string[];
  /** How often somebody waits for its end. */
  endings: number;
}

/** The registry between a naive server and a naive row store, with an account of what has to be true. */
class World implements QuerySetsHost {
  readonly clock = new FakeClock();
  readonly held: Held[] = [];
  readonly rows = new Set<number>();
  readonly resynced: string[][] = [];
  readonly tables: string[] = [];
  readonly errors: string[] = [];
  server = new NaiveServer();
  /** While rows of a new connection are gathered, steps wait. */
  gathered: { readonly step: SubscriptionStep; readonly afterwards: () => void }[] | undefined;
  #requestId = 0;
  #querySetId = 0;
  readonly ids = { nextRequestId: () => ++this.#requestId, nextQuerySetId: () => ++this.#querySetId };
  readonly connection = {
    isOpen: false,
    wasWanted: true,
    send: (message: ClientMessage): void => {
      if (!this.connection.isOpen) this.server.complaints.push('sent without a connection');
      this.server.inbound.push(message);
    },
  };
  readonly schemaCheck = {
    errorFor: (): undefined => undefined,
    explainEnd: (reason: Error): Promise<Error> => Promise.resolve(reason),
  };
  readonly sets = new QuerySets(this, 1000);

  applySubscription(step: SubscriptionStep, afterwards: () => void): void {
    if (this.gathered === undefined) this.#carryOut(step, afterwards);
    else this.gathered.push({ step, afterwards });
  }

  onTableNamed(table: string): void {
    this.tables.push(table);
  }

  onTableAnswered(): void {}

  readonly reportError = (error: unknown): void => {
    this.errors.push(`${String(error)}: ${error instanceof SubscriptionError ? error.queries.join() : ''}`);
  };

  #carryOut({ event }: SubscriptionStep, afterwards: () => void): void {
    const { kind, querySetId } = event;
    const held = this.held.find(({ handle }) => handle.querySetId === querySetId);
    if (kind === 'subscribeApplied') this.rows.add(querySetId);
    else this.rows.delete(querySetId);
    if (held !== undefined) held.isApplied = kind === 'subscribeApplied';
    if (held !== undefined && kind === 'subscriptionError') held.isOver = true;
    afterwards();
  }

  subscribe(): void {
    const query = `SELECT * FROM t${this.held.length}`;
    const handle = this.sets.subscribe([query], ['t']);
    const held: Held = { handle, query, isOver: false, isApplied: false, applied: [], endings: 0 };
    handle.applied.then(
      () => held.applied.push('applied'),
      (error: unknown) => held.applied.push(String(error)),
    );
    this.held.push(held);
  }

  async unsubscribe(held: Held): Promise<void> {
    held.isOver = true;
    held.endings++;
    await held.handle.unsubscribe();
    held.endings--;
  }

  async resync(held: Held): Promise<void> {
    const outcome: string[] = [];
    this.resynced.push(outcome);
    if (this.connection.isOpen && held.isApplied) held.isApplied = false;
    await this.sets.resync(held.handle.querySetId).then(
      () => outcome.push('here'),
      (error: unknown) => outcome.push(String(error)),
    );
  }

  /** The client cannot read the rows of a set. */
  reject(held: Held): void {
    if (!held.isOver) this.sets.reject(held.handle.querySetId, new Error(`drift of ${held.query}`));
    held.isOver = true;
  }

  deliver(): void {
    const message = this.server.outbound.shift();
    if (message?.tag === 'SubscribeApplied') this.sets.onSubscribeApplied(message);
    if (message?.tag === 'UnsubscribeApplied') this.sets.onUnsubscribeApplied(message);
    if (message?.tag === 'SubscriptionError') {
      this.sets.onSubscriptionError(message);
      const held = this.held.find(({ handle }) => handle.querySetId === message.querySetId);
      // What has failed may be what the set was before it was asked for anew.
      const isOld = message.error !== 'refused' && this.server.isAsked(message.querySetId);
      if (held !== undefined && !isOld) held.isOver = true;
    }
  }

  finishGathering(): void {
    const gathered = this.gathered ?? [];
    this.gathered = undefined;
    for (const { step, afterwards } of gathered) this.#carryOut(step, afterwards);
  }

  /** `listen` is somebody who hears of the new connection before the registry does. */
  open(isGathering: boolean, listen?: () => void): void {
    if (this.connection.isOpen) return;
    this.connection.isOpen = true;
    if (isGathering) this.gathered = [];
    listen?.();
    this.sets.onOpen();
  }

  replaceFirst(): void {
    const [first] = this.wanted;
    if (first !== undefined) void this.unsubscribe(first);
    this.subscribe();
  }

  lose(): void {
    if (!this.connection.isOpen) return;
    this.connection.isOpen = false;
    this.server = new NaiveServer(this.server.complaints);
    for (const held of this.held) held.isApplied = false;
    // As for the rows of a broken connection: the next one brings newer ones, but what has ended has ended.
    const gathered = this.gathered ?? [];
    this.gathered = undefined;
    for (const { step, afterwards } of gathered)
      if (step.event.kind !== 'subscribeApplied') this.#carryOut(step, afterwards);
    this.sets.onLost();
  }

  get wanted(): Held[] {
    return this.held.filter(({ isOver }) => !isOver);
  }
}

type Command =
  | {
      readonly do:
        | 'subscribe'
        | 'lose'
        | 'openAndGather'
        | 'openAndReplace'
        | 'open'
        | 'take'
        | 'refuse'
        | 'deliver'
        | 'gathered'
        | 'time';
    }
  | { readonly do: 'unsubscribe' | 'resync' | 'fail' | 'reject'; readonly which: number };

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({
    do: fc.constantFrom(
      'subscribe',
      'take',
      'take',
      'deliver',
      'deliver',
      'open',
      'openAndGather',
      'openAndReplace',
      'gathered',
    ),
  }),
  fc.record({ do: fc.constantFrom('refuse', 'lose', 'time', 'subscribe', 'take', 'deliver') }),
  fc.record({ do: fc.constantFrom('unsubscribe', 'resync', 'fail', 'reject'), which: fc.nat(20) }),
);

function carryOut(world: World, each: Command): void {
  switch (each.do) {
    case 'subscribe':
      return world.subscribe();
    case 'lose':
      return world.lose();
    case 'open':
    case 'openAndGather':
      return world.open(each.do === 'openAndGather');
    case 'openAndReplace':
      return world.open(false, () => world.replaceFirst());
    case 'take':
    case 'refuse':
      return world.server.take(each.do === 'refuse');
    case 'deliver':
      return world.deliver();
    case 'gathered':
      return world.finishGathering();
    case 'time':
      return world.clock.advance(600);
    case 'unsubscribe':
    case 'resync':
    case 'fail':
    case 'reject': {
      const held = world.held[each.which % world.held.length];
      if (held === undefined) return;
      if (each.do === 'unsubscribe') void world.unsubscribe(held);
      if (each.do === 'resync') void world.resync(held);
      if (each.do === 'fail') world.server.fail(held.handle.querySetId);
      if (each.do === 'reject') world.reject(held);
    }
  }
}

function quiesce(world: World): void {
  world.finishGathering();
  world.open(false);
  while (world.server.inbound.length + world.server.outbound.length > 0) {
    world.server.take(false);
    world.deliver();
  }
}

const idsOf = (sets: readonly Held[]): number[] => sets.map(({ handle }) => handle.querySetId);

test('whatever happens in whatever order, the sets on the wire become those that are wanted, and every promise settles once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 60, size: 'max' }), async (commands) => {
      const world = new World();
      for (const each of commands) {
        carryOut(world, each);
        const isReady = world.connection.isOpen && world.wanted.every(({ isApplied }) => isApplied);
        expect(world.sets.ready.peek()).toBe(isReady);
        expect(world.sets.live().map(({ id }) => id)).toEqual(idsOf(world.wanted));
      }
      quiesce(world);
      await settled();
      expect(world.server.complaints).toEqual([]);
      expect(new Map(world.wanted.map(({ handle, query }) => [handle.querySetId, [query]]))).toEqual(world.server.live);
      expect([...world.rows].sort((a, b) => a - b)).toEqual(idsOf(world.wanted));
      expect(world.sets.ready.peek()).toBe(true);
      expect(world.clock.openTimers).toBe(0);
      // Each set fails once at most, and what nobody asked about is no error.
      expect(world.errors).toEqual([...new Set(world.errors)].filter((error) => !error.includes('not found')));
      for (const { handle, isOver, applied } of world.held) {
        expect([handle.isActive, applied.length]).toEqual([!isOver, 1]);
      }
      expect(world.resynced.map((outcome) => outcome.length)).toEqual(world.resynced.map(() => 1));

      for (const held of world.held) void world.unsubscribe(held);
      quiesce(world);
      await settled();
      expect([world.server.live.size, world.rows.size, world.server.complaints]).toEqual([0, 0, []]);
      expect(world.held.map(({ endings }) => endings)).toEqual(world.held.map(() => 0));
    }),
    propertyOptions(500),
  );
});
