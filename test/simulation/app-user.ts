import { batch } from '@preact/signals-core';
import { toHex } from '../../src/bsatn/bytes.ts';
import { createClient } from '../../src/client.ts';
import { type ClientCore } from '../../src/client-core.ts';
import { isSpacetimeDbError } from '../../src/errors.ts';
import { nextOptimisticIntId, OptimisticChange, Timestamp } from '../../src/index.ts';
import { type ClientOptions } from '../../src/options.ts';
import { type SubscriptionHandle } from '../../src/subscription/query-set.ts';
import { type ReducerCallOptions } from '../../src/client-types.ts';
import * as bindings from '../generated/reference/index.ts';
import { SpacetimeDbClient } from '../generated/reference/index.ts';
import { type SeededRandom } from '../support/random.ts';
import { Component, Mischief } from './component.ts';
import { RowMirrors } from './row-mirrors.ts';

const queries: readonly string[] = [
  'SELECT * FROM entity',
  'SELECT * FROM entity WHERE entity_id < 5',
  'SELECT * FROM score',
  'SELECT * FROM setting',
  'SELECT * FROM message',
  'SELECT * FROM note',
  'SELECT * FROM chat_event',
  'SELECT * FROM me',
  'SELECT * FROM lobby',
  'SELECT * FROM my_inbox',
];
/** One that the server refuses. */
const wrongQuery = 'SELECT * FROM nowhere';

/** An app that does what its random source says, also in the middle of steps, and checks what it is told on the way. */
export class AppUser {
  readonly client: SpacetimeDbClient;
  readonly core: ClientCore;
  readonly problems: string[] = [];
  readonly components: Set<Component> = new Set();
  readonly handles: Set<SubscriptionHandle> = new Set();
  /** The sets that came with a connection. */
  readonly initial: Set<number> = new Set();
  readonly unsettled: Set<string> = new Set();
  /** How much of what it does it may do in the middle of something else. */
  mischief: number = 0;
  actions: number = 0;
  nested: number = 0;
  readonly #random: SeededRandom;
  readonly #name: string;
  readonly #mirrors: RowMirrors;
  /** How often each announcement of its own was heard. */
  readonly #heard = new Map<string, number>();
  #depth = 0;
  #count = 0;

  private constructor(name: string, client: SpacetimeDbClient, core: ClientCore, random: SeededRandom) {
    this.#name = name;
    this.client = client;
    this.core = core;
    this.#random = random;
    client.onError((error) => this.#onError(error));
    this.#mirrors = new RowMirrors(this.problems, () => this.#misbehave());
    const { entity, setting, message, note, score, lobby, myInbox } = client;
    this.#mirrors.addKeyed(entity, bindings.entityCodec, this.rows(entity.name));
    this.#mirrors.addKeyed(setting, bindings.settingCodec, this.rows(setting.name));
    this.#mirrors.addKeyed(message, bindings.messageCodec, this.rows(message.name));
    this.#mirrors.addKeyed(note, bindings.noteCodec, this.rows(note.name));
    this.#mirrors.add(score, bindings.scoreCodec, this.rows(score.name));
    this.#mirrors.add(lobby, bindings.messageCodec, this.rows(lobby.name));
    this.#mirrors.add(myInbox, bindings.noteCodec, this.rows(myInbox.name));
    client.chatEvent.onInsert(({ row }) => {
      this.#heard.set(row.what, (this.#heard.get(row.what) ?? 0) + 1);
      this.#misbehave();
    });
    client.reducers.onPutSetting(() => this.#misbehave());
    client.connection.onStateChanged(() => this.#misbehave());
    client.onSyncStateChanged(() => this.#misbehave());
    client.onIdentityChanged(() => this.#misbehave());
  }

  static async create(name: string, options: ClientOptions, random: SeededRandom): Promise<AppUser> {
    let core: ClientCore | undefined;
    const client = await createClient(options, { hash: 'simulation' }, (made) => {
      core = made;
      return new SpacetimeDbClient(made);
    });
    if (core === undefined) throw new Error('the client has no core');
    return new AppUser(name, client, core, random);
  }

  connect(): void {
    const random = this.#random;
    const controller = new AbortController();
    if (random.chance(0.05)) setImmediate(() => controller.abort(new Mischief('connecting was aborted')));
    const initialSubscriptions = random.chance(0.2) ? [random.pick(queries)] : [];
    const before = new Set(this.core.querySets.live().map(({ id }) => id));
    this.#watch('connect', this.client.connect({ initialSubscriptions, signal: controller.signal }));
    for (const { id } of this.core.querySets.live()) if (!before.has(id)) this.initial.add(id);
  }

  /** The queries whose rows the client has to hold. */
  liveQueries(): string[] {
    return [...new Set(this.core.querySets.live().flatMap((set) => [...set.queries]))];
  }

  /** The rows of a table as sorted hex. */
  rows(table: string): string[] {
    return (this.core.store.table(table)?.encodedRows() ?? []).map(toHex).sort();
  }

  /** The rows that the events so far add up to. */
  mirrored(table: string): string[] | undefined {
    return this.#mirrors.rows(table);
  }

  /** Does one random thing, or a few in a batch. */
  act(): void {
    if (!this.#random.chance(0.1)) return this.#act();
    try {
      batch(() => {
        for (let count = this.#random.below(4); count >= 0; count--) this.#act();
      });
    } catch (error) {
      // What effects throw at the end of a batch belongs to whoever made it.
      if (!(error instanceof Mischief) && !this.core.connection.isDisposed)
        this.problems.push(`a batch threw ${String(error)}`);
    }
  }

  unmountAll(): void {
    for (const component of this.components) component.unmount();
    this.components.clear();
  }

  #act(): void {
    this.actions++;
    const random = this.#random;
    const action = random.below(40);
    if (action < 5) this.#subscribe();
    else if (action < 8) this.#unsubscribe();
    else if (action < 11) this.components.add(new Component(this.client, random, () => this.#misbehave()));
    else if (action < 14) this.#unmount();
    else if (action < 33) this.#call();
    else if (action < 34) this.connect();
    else if (action < 35) this.#watch('disconnect', this.client.disconnect());
    else if (action < 36) this.client.connection.reconnect();
    else if (action < 37) this.#resync();
    else if (action < 38) this.#discard();
    else if (action < 39 || random.chance(0.5)) this.#ask();
    else this.#watch('logout', this.client.logout());
  }

  /** Now and then, whoever is called does something himself, or throws. */
  #misbehave(): void {
    const random = this.#random;
    if (this.#depth > 2 || !random.chance(this.mischief)) return;
    this.nested++;
    this.#depth++;
    try {
      if (random.chance(0.2)) throw new Mischief('on purpose');
      this.act();
    } finally {
      this.#depth--;
    }
  }

  #onError(error: unknown): void {
    if (error instanceof Mischief) return;

    // A socket that is dead in silence is given more time while the rows of a set are awaited than the set is.
    const isExpected =
      isSpacetimeDbError(error, 'timeout') ||
      (this.core.connection.isDisposed && isSpacetimeDbError(error, 'connection')) ||
      (isSpacetimeDbError(error, 'subscription') && String(error).includes('nowhere'));
    if (!isExpected) this.problems.push(`an error without a caller: ${String(error)}`);
  }

  #subscribe(): void {
    const random = this.#random;
    const wanted = Array.from({ length: 1 + random.below(2) }, () => random.pick(queries));
    if (random.chance(0.05)) wanted.push(wrongQuery);
    if (random.chance(0.2)) wanted.push(...wanted);
    const handle = this.client.subscriptions.subscribe(wanted);
    this.handles.add(handle);
    if (random.chance(0.7)) this.#watch(`subscribe ${wanted.join()}`, handle.applied);
    // Before the server has heard of it, or while its rows are on their way.
    if (random.chance(0.2)) this.#end(handle);
  }

  #unsubscribe(): void {
    const handle = this.#pick(this.handles);
    if (handle !== undefined) this.#end(handle);
  }

  #end(handle: SubscriptionHandle): void {
    const random = this.#random;
    this.handles.delete(handle);
    const options = { sendDroppedRows: random.chance(0.5) };
    const ended = random.chance(0.5)
      ? handle.unsubscribe(options)
      : this.client.subscriptions.unsubscribe(handle.querySetId, options);
    this.#watch('unsubscribe', ended);
  }

  #resync(): void {
    // Those that are shared, or came with a connection, too.
    const set = this.#pick(new Set(this.core.querySets.live()));
    if (set !== undefined) this.#watch('resync', this.client.subscriptions.resync(set.id));
  }

  #unmount(): void {
    const component = this.#pick(this.components);
    if (component === undefined) return;
    this.components.delete(component);
    component.unmount();
    this.problems.push(...component.problems);
  }

  #discard(): void {
    const pending = this.client.pendingMutations.peek();
    if (pending.length > 0) this.#random.pick(pending).discard();
  }

  #ask(): void {
    const query = this.#random.pick(['SELECT * FROM score', 'SELECT * FROM entity WHERE health = 100', wrongQuery]);
    this.#watch(
      'oneOffQuery',
      this.client.subscriptions.oneOffQuery(query, { timeoutMs: this.#random.pick([5, 30_000]) }),
    );
  }

  #pick<T>(set: ReadonlySet<T>): T | undefined {
    return set.size === 0 ? undefined : this.#random.pick([...set]);
  }

  #options(...changes: readonly OptimisticChange[]): ReducerCallOptions {
    const random = this.#random;
    const controller = random.chance(0.1) ? new AbortController() : undefined;
    if (controller !== undefined) setImmediate(() => controller.abort(new Mischief('aborted')));
    return {
      timeoutMs: random.pick([20, 30_000, 30_000]),
      ...(random.chance(0.8) && { optimisticChanges: changes }),
      ...(random.chance(0.1) && { dropIfOffline: true }),
      ...(controller !== undefined && { signal: controller.signal }),
    };
  }

  #call(): void {
    const { client } = this;
    const { reducers } = client;
    const random = this.#random;
    const id = random.below(10);
    const text = `${this.#name}-${this.#count++}`;
    switch (random.below(11)) {
      case 0: {
        const row: bindings.Entity = {
          entityId: id,
          kind: { tag: random.pick(['Monster', 'Player']) },
          position: { x: id, y: 0, z: 0 },
          health: 100,
          score: 0n,
        };
        return this.#watch(
          'spawn',
          reducers.spawn({ firstId: id, count: 1 }, this.#options(OptimisticChange.insertRow(client.entity, row))),
        );
      }
      case 1: {
        const rows = client.entity.rows.peek().filter(({ entityId }) => entityId >= id && entityId < id + 2);
        const changes = rows.map((row) => OptimisticChange.deleteRow(client.entity, row));
        return this.#watch('despawn', reducers.despawn({ firstId: id, count: 2 }, this.#options(...changes)));
      }
      case 2: {
        const changes = client.entity.rows.peek().map((row) => {
          const position = { ...row.position, x: row.position.x + random.pick([1, 2]) };
          return OptimisticChange.updateRow(client.entity, row, { ...row, position });
        });
        return this.#watch(
          'moveMany',
          reducers.moveMany({ firstId: 0, count: 10, step: 1 }, this.#options(...changes)),
        );
      }
      case 3: {
        const row = { player: `p${random.below(3)}`, points: BigInt(random.below(3)) };
        return this.#watch(
          'addScore',
          reducers.addScore(row, this.#options(OptimisticChange.insertRow(client.score, row))),
        );
      }
      case 4: {
        const row = { player: `p${random.below(3)}`, points: BigInt(random.below(3)) };
        return this.#watch(
          'removeScore',
          reducers.removeScore(row, this.#options(OptimisticChange.deleteRow(client.score, row))),
        );
      }
      case 5: {
        const row = { key: `k${random.below(4)}`, slot: 10 + random.below(4), value: text };
        const shown = client.setting.find(row.key);
        const change =
          shown === undefined
            ? OptimisticChange.insertRow(client.setting, row)
            : OptimisticChange.updateRow(client.setting, shown, row);
        return this.#watch('putSetting', reducers.putSetting(row, this.#options(change)));
      }
      case 6:
        return this.#say(text);
      case 7:
        return this.#createNote(text);
      case 8: {
        const note = this.#pick(new Set(client.note.rows.peek()));
        if (note === undefined) return;
        const change = OptimisticChange.updateRow(client.note, note, { ...note, body: text });
        return this.#watch('overwriteNote', reducers.overwriteNote({ id: note.id, body: text }, this.#options(change)));
      }
      case 9: {
        const note = this.#pick(new Set(client.note.rows.peek()));
        if (note === undefined) return;
        return this.#watch(
          'deleteNote',
          reducers.deleteNote({ id: note.id }, this.#options(OptimisticChange.deleteRow(client.note, note))),
        );
      }
      default:
        return this.#announce(text);
    }
  }

  #say(text: string): void {
    const { client } = this;
    const sender = client.identity.peek();
    if (sender === undefined) return;
    const room = this.#random.below(3);
    const row = { id: nextOptimisticIntId(client.message), room, sender, text, sent: Timestamp.epoch };
    const options = this.#options(OptimisticChange.insertRow(client.message, row));
    this.#watch('say', client.reducers.say({ room, text: this.#random.chance(0.1) ? '' : text }, options));
  }

  #createNote(title: string): void {
    const { client } = this;
    const owner = client.identity.peek();
    if (owner === undefined) return;
    const note = {
      id: BigInt(this.#random.below(8)),
      folder: this.#random.pick(['inbox', 'other']),
      title,
      body: '',
      tags: [],
    };
    const row = { ...note, owner, createdAt: Timestamp.epoch };
    this.#watch(
      'createNote',
      client.reducers.createNote(note, this.#options(OptimisticChange.insertRow(client.note, row))),
    );
  }

  #announce(text: string): void {
    this.#watch('announce', this.#announceAndHear(text));
  }

  /** Whoever is subscribed hears of its own announcement before its call is answered: once, or as often as a set has the query. */
  async #announceAndHear(text: string): Promise<void> {
    const { client } = this;
    const hearing = (): SubscriptionHandle[] =>
      [...this.handles].filter(
        ({ queries: own, state }) => own.includes('SELECT * FROM chat_event') && state.peek().status === 'applied',
      );
    const address = client.address.peek();
    const before = client.subscriptions.ready.peek() ? hearing() : [];
    const { isCommitted } = await client.reducers.announce({ room: 1, what: [text] }, { timeoutMs: 30_000 });
    const isOneConnection = address !== undefined && client.address.peek() === address;
    const heard = this.#heard.get(text) ?? 0;
    const after = hearing();
    if (isCommitted && isOneConnection && heard === 0 && before.some((handle) => after.includes(handle)))
      this.problems.push(`${text} was announced, and not heard`);
    // With an offline store a call may arrive twice.
    if (this.core.offline === undefined && heard > 2) this.problems.push(`${text} was heard ${heard} times`);
  }

  /** Counts a promise until it settles; only errors of this package are what a user may expect. */
  #watch(what: string, promise: Promise<unknown>): void {
    const name = `${what} ${this.#count++}`;
    this.unsettled.add(name);
    promise.then(
      () => this.unsettled.delete(name),
      (error: unknown) => {
        this.unsettled.delete(name);
        if (!isSpacetimeDbError(error) && !(error instanceof Mischief)) this.problems.push(`${name}: ${String(error)}`);
      },
    );
  }
}
