import { encodedRows } from '../support/encoded-rows.ts';
import { batch } from '@preact/signals-core';
import { toHex } from '../../src/bsatn/bytes.ts';
import { createClient } from '../../src/client.ts';
import { type ClientCore } from '../../src/client-core.ts';
import { isSpacetimeDbError } from '../../src/errors.ts';
import { InMemoryOfflineStorage } from '../../src/offline/in-memory-offline-storage.ts';
import { type ClientOptions } from '../../src/options.ts';
import { type Unsubscribe } from '../../src/listeners.ts';
import { type SubscriptionHandle } from '../../src/subscription/query-set.ts';
import * as bindings from '../generated/reference/index.ts';
import { SpacetimeDbClient } from '../generated/reference/index.ts';
import { type SeededRandom } from '../support/random.ts';
import { Component, Mischief } from './component.ts';
import { randomCall } from './random-call.ts';
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
const schema = (): Promise<typeof import('../generated/reference/schema.ts')> =>
  import('../generated/reference/schema.ts');

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
  /** Whether tables may hold rows of an earlier run. */
  isFromStore: boolean = false;
  /** What may be told without a caller, besides what always may. */
  tolerates: (error: unknown) => boolean = () => false;
  /** How much of what it does it may do in the middle of something else. */
  mischief: number = 0;
  actions: number = 0;
  nested: number = 0;
  readonly #random: SeededRandom;
  readonly #name: string;
  readonly #options: ClientOptions;
  readonly #mirrors: RowMirrors;
  /** How often each announcement of its own was heard. */
  readonly #heard = new Map<string, number>();
  #depth = 0;
  #count = 0;

  private constructor(
    name: string,
    options: ClientOptions,
    client: SpacetimeDbClient,
    core: ClientCore,
    random: SeededRandom,
  ) {
    this.#name = name;
    this.#options = options;
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
    const early: unknown[] = [];
    let listen: Unsubscribe | undefined;
    const client = await createClient(options, { hash: 'simulation', schema }, (made) => {
      core = made;
      listen = made.onError.add((error) => early.push(error));
      return new SpacetimeDbClient(made);
    });
    if (core === undefined) throw new Error('the client has no core');
    const user = new AppUser(name, options, client, core, random);
    listen?.();
    for (const error of early) user.#onError(error);
    return user;
  }

  /** The program of the same user once more, with what is in its store. */
  async again(): Promise<AppUser> {
    const { offlineStorage } = this.#options;
    const options = {
      ...this.#options,
      ...(offlineStorage instanceof InMemoryOfflineStorage && {
        offlineStorage: new InMemoryOfflineStorage(offlineStorage),
      }),
    };
    const user = await AppUser.create(`${this.#name}+`, options, this.#random);
    user.isFromStore = offlineStorage !== undefined;
    user.mischief = this.mischief;
    return user;
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
    return encodedRows(this.core.store.table(table)).map(toHex).sort();
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
      this.tolerates(error) ||
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

  #call(): void {
    const text = `${this.#name}-${this.#count++}`;
    if (this.#random.chance(0.1)) return this.#watch('announce', this.#announceAndHear(text));
    const made = randomCall(this.client, this.#random, text);
    if (made !== undefined) this.#watch('call', made);
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
