import { effect, untracked } from '@preact/signals-core';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ClientMessage } from '../../src/wire/client-message.ts';
import { settled } from '../support/fake-clock.ts';
import { propertyOptions } from '../support/property.ts';
import { committed, scores, ScriptedClient } from './scripted-client.ts';

/** Queries, and the scores that they have. */
const queries: readonly (readonly [query: string, has: (points: number) => boolean])[] = [
  ['SELECT * FROM score', () => true],
  ['SELECT * FROM score WHERE points < 4', (points) => points < 4],
  ['SELECT * FROM score WHERE points > 2', (points) => points > 2],
];

/** Where somebody acts: who hears of a connection or of its end, of the rows, or of being ready. */
type Moment = 'connected' | 'lost' | 'rows' | 'event' | 'ready';

type Action =
  | { readonly kind: 'end'; readonly index: number }
  | { readonly kind: 'subscribe'; readonly query: number }
  | { readonly kind: 'call' };

const byValue = (left: number, right: number): number => left - right;

/** How often each moment acts, so that nothing goes on for ever. */
const mostActs = 4;

const actionOf: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ kind: fc.constant('end' as const), index: fc.nat(3) }),
  fc.record({ kind: fc.constant('subscribe' as const), query: fc.nat(queries.length - 1) }),
  fc.constant({ kind: 'call' as const }),
);

const planOf = fc.record({
  first: fc.array(fc.nat(queries.length - 1), { minLength: 1, maxLength: 3 }),
  acts: fc.array(
    fc.record({
      moment: fc.constantFrom<Moment[]>('connected', 'connected', 'lost', 'rows', 'event', 'ready'),
      actions: fc.array(actionOf, { minLength: 1, maxLength: 3 }),
    }),
    { maxLength: 4 },
  ),
  /** What the server has on each connection, and after how many answers that one breaks. */
  connections: fc.array(fc.record({ points: fc.uniqueArray(fc.nat(6)), answers: fc.nat(6) }), {
    minLength: 1,
    maxLength: 4,
  }),
});

type Acts = readonly { readonly moment: Moment; readonly actions: readonly Action[] }[];

/** A client, somebody who acts at certain moments, and a server that answers one message at a time. */
class World {
  readonly scripted: ScriptedClient;
  /** What listeners were told, as a whole, and what they should see by it. */
  events = 0;
  /** How many of them tell of rows that were replaced by those of another connection. */
  replaced = 0;
  readonly seen = new Set<number>();
  #points: readonly number[] = [];
  readonly #acts: Acts;
  readonly #counts = new Map<unknown, number>();
  readonly #answered = new Set<ClientMessage>();
  readonly #stops: (() => void)[];

  private constructor(scripted: ScriptedClient, acts: Acts) {
    this.scripted = scripted;
    this.#acts = acts;
    const { score, address, subscriptions } = scripted.client;
    score.onInsert(({ row, context }) => {
      if (context.event.kind === 'reconnect') this.replaced++;
      expect(this.seen.has(Number(row.points))).toBe(false);
      this.seen.add(Number(row.points));
      this.events++;
      this.#act('event');
    });
    score.onDelete(({ row, context }) => {
      if (context.event.kind === 'reconnect') this.replaced++;
      expect(this.seen.delete(Number(row.points))).toBe(true);
      this.events++;
    });
    this.#stops = [
      effect(() => this.#act(address.value === undefined ? 'lost' : 'connected')),
      effect(() => void (subscriptions.ready.value && this.#act('ready'))),
      effect(() => void (score.rows.value.length > 0 && this.#act('rows'))),
    ];
  }

  static async create(acts: Acts): Promise<World> {
    return new World(await ScriptedClient.create(), acts);
  }

  /** A connection opens, on which the server has these scores. */
  async open(points: readonly number[]): Promise<void> {
    this.#points = points;
    const { scripted } = this;
    if (scripted.status === 'reconnecting') {
      await scripted.comeBack();
      return;
    }
    void scripted.client.connect();
    await settled();
    scripted.socket.introduce();
    await settled();
  }

  subscribe(query: number): void {
    const handle = this.scripted.client.subscriptions.subscribe(queries[query]?.[0] ?? '');
    handle.applied.catch(() => undefined);
  }

  /** How many answers with rows are awaited on this connection. */
  get awaited(): number {
    return this.#unanswered().filter(({ tag }) => tag === 'Subscribe').length;
  }

  /** The server answers the first message that it has not answered; says which. */
  answer(): ClientMessage['tag'] | undefined {
    const { socket } = this.scripted;
    const [message] = this.#unanswered();
    if (message === undefined) return undefined;
    this.#answered.add(message);
    const { requestId } = message;
    if (message.tag === 'Subscribe') {
      const { querySetId } = message;
      const tables = [scores(...this.#rowsOf(message.queries))];
      socket.receive({ tag: 'SubscribeApplied', requestId, querySetId, tables });
    } else if (message.tag === 'Unsubscribe') {
      const { querySetId } = message;
      socket.receive({ tag: 'UnsubscribeApplied', requestId, querySetId, tables: undefined });
    } else {
      socket.receive(committed(requestId));
    }
    return message.tag;
  }

  /** What is wanted, of what the server has. */
  expected(): number[] {
    const wanted = this.scripted.client.inspect().querySets.flatMap(({ queries: texts }) => this.#rowsOf(texts));
    return [...new Set(wanted)].sort(byValue);
  }

  async end(): Promise<void> {
    for (const stop of this.#stops) stop();
    await this.scripted[Symbol.asyncDispose]();
  }

  #rowsOf(texts: readonly string[]): number[] {
    const [, has] = queries.find(([text]) => text === texts[0]) ?? [];
    return this.#points.filter((points) => has?.(points));
  }

  #unanswered(): readonly ClientMessage[] {
    return this.scripted.socket.messages.filter((message) => !this.#answered.has(message));
  }

  #act(moment: Moment): void {
    for (const act of this.#acts) {
      const count = (this.#counts.get(act) ?? 0) + 1;
      if (act.moment !== moment || count > mostActs) continue;
      this.#counts.set(act, count);
      untracked(() => {
        for (const action of act.actions) this.#run(action);
      });
    }
  }

  #run(action: Action): void {
    const { client } = this.scripted;
    if (action.kind === 'call') return void client.reducers.noop().catch(() => undefined);
    if (action.kind === 'subscribe') return this.subscribe(action.query);
    const id = client.inspect().querySets[action.index]?.id;
    if (id !== undefined) void client.subscriptions.unsubscribe(id);
  }
}

test('whatever somebody ends, begins and calls who hears of a connection, its end or its rows, nothing shows and nothing is sent before all rows are here', async () => {
  let waited = 0;
  await fc.assert(
    fc.asyncProperty(planOf, async ({ first, acts, connections }) => {
      const world = await World.create(acts);
      const { scripted } = world;
      for (const query of first) world.subscribe(query);
      for (const [index, { points, answers }] of connections.entries()) {
        await world.open(points);
        const isLast = index === connections.length - 1;
        const { events, replaced } = world;
        // On the first connection there are no rows to be replaced: each answer shows at once.
        let isReconciling = index > 0;
        for (let left = isLast ? Infinity : answers; left > 0; left--) {
          const { awaited } = world;
          isReconciling = isReconciling && awaited > 0;
          if (isReconciling) {
            waited++;
            expect(world.events - events).toBe(0);
            expect(scripted.sent).not.toContain('CallReducer noop');
          }
          const answered = world.answer();
          if (answered === undefined) break;
          // Who hears of the last rows may ask for more, which are not waited for.
          if (answered === 'Subscribe' && awaited === 1) isReconciling = false;
          await settled();
          expect([...world.seen].sort(byValue)).toEqual(scripted.points);
        }
        if (isLast) expect(scripted.points).toEqual(world.expected());
        else scripted.socket.drop();
        // What came of a connection that broke in between is not shown.
        if (isReconciling && !isLast) expect(world.replaced - replaced).toBe(0);
        expect([...world.seen].sort(byValue)).toEqual(scripted.points);
      }
      expect(scripted.errors).toEqual([]);
      await world.end();
    }),
    propertyOptions(150),
  );
  expect(waited).toBeGreaterThan(50);
});
