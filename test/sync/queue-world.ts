import { expect } from 'vitest';
import { decode } from '../../src/bsatn/codec.ts';
import { Identity } from '../../src/bsatn/special/identity.ts';
import { type ClientOptions } from '../../src/options.ts';
import { OptimisticChange } from '../../src/store/overlay/optimistic-change.ts';
import { type QuerySetUpdate } from '../../src/wire/server-message.ts';
import { committed, refused, settings, transaction } from '../client/scripted-client.ts';
import { putSettingArgsCodec, removeScoreArgsCodec, type Setting } from '../generated/reference/index.ts';
import { settled } from '../support/fake-clock.ts';
import { type FakeSocket } from '../support/fake-connector.ts';
import { type CallReducer, OfflineClient, refuseMarks } from './offline-client.ts';
import { HookAnswers } from './hook-answers.ts';
import { LateAnswers } from './late-answers.ts';
import { type QueueCommand, type QueueOptions } from './queue-command.ts';
import {
  argsOf,
  listen,
  type ModelCall,
  type Name,
  numberOf,
  type Prediction,
  type Rows,
  sorted,
} from './queue-model.ts';

const identities: Readonly<Record<Name, Identity>> = { ann: new Identity(1n), bob: new Identity(2n) };
/** Longer than any test: the server here says nothing by itself. */
const idleProbeMs = 86_400_000;
const keyOf = (key: number): string => `k${key}`;
const rowOf = (key: string, value: string): Setting => ({ key, slot: Number(key.slice(1)), value });

/**
 * A client with an offline store, a server that does what a test says, and a model that replays everything from scratch: the rows that the server last told
 * the client, with the predictions of all its calls that have no outcome on them, in the order of the calls. The next run begins with the rows that were told,
 * if they were told to whom the client was in the end.
 */
export class QueueWorld {
  readonly #server: Rows = new Map();
  readonly #calls: ModelCall[] = [];
  #told: Rows = new Map();
  /** To whom; undefined where to nobody. */
  #toldTo: Name | undefined;
  #me: Name | undefined;
  #offline: OfflineClient;
  #set = 0;
  #mirror = new Map<string, string>();
  /** How far the present socket is: not there, waiting for the rows, or in use. */
  #link: 'none' | 'opened' | 'live' = 'none';
  #served = 0;
  #heard = 0;
  #checks = 0;
  /** The calls that were sent, by whichever run. */
  readonly #sent = new Set<number>();
  #allow: () => void = () => undefined;
  readonly #options: QueueOptions;
  #hooks: HookAnswers;
  #answers: LateAnswers;
  #aborts: AbortController[] = [];

  private constructor(offline: OfflineClient, options: QueueOptions, hooks: HookAnswers) {
    this.#offline = offline;
    this.#options = options;
    this.#hooks = hooks;
    this.#answers = new LateAnswers(offline.storage);
  }

  static async start(options: QueueOptions): Promise<QueueWorld> {
    const hooks = new HookAnswers();
    const world = new QueueWorld(await OfflineClient.create(clientOptions(options, hooks)), options, hooks);
    world.#begin();
    return world;
  }

  async run(command: QueueCommand): Promise<void> {
    await this.#perform(command);
    await settled();
    this.#hear();
    this.#check();
  }

  /** Everything comes to its end: every call has one outcome, and everybody has the same rows. Gives how often the model was compared. */
  async finish(): Promise<number> {
    this.#allow();
    this.#answers.releaseAll();
    this.#hooks.end();
    for (const as of ['ann', 'bob'] as const) {
      await this.run({ kind: 'break', served: 0 });
      await this.run({ kind: 'connect', as });
      await this.run({ kind: 'answer' });
      for (let rest = this.#calls.length + 1; rest > 0; rest--) await this.run({ kind: 'serve', how: 'well' });
    }
    const { client, scripted } = this.#offline;
    expect(client.pendingMutations.peek()).toEqual([]);
    // What the store refused to let go of is tried again.
    while (client.syncState.peek().nextRetryAt !== undefined) {
      scripted.clock.advance(5000);
      await settled();
    }
    expect(await this.#offline.stored()).toEqual([]);
    for (const { outcomes, told, settled: ends } of this.#calls) {
      expect(outcomes).toHaveLength(1);
      expect(told.length).toBeLessThanOrEqual(1);
      expect(ends.length).toBeLessThanOrEqual(1);
    }
    expect(this.#visible()).toEqual(sorted(this.#server.values()));
    const { errors } = this.#offline.scripted;
    expect(errors.map(String).filter((error) => !/disk full|on purpose/.test(error))).toEqual([]);
    await this.#offline[Symbol.asyncDispose]();
    return this.#checks;
  }

  async #perform(command: QueueCommand): Promise<void> {
    const { client, scripted } = this.#offline;
    switch (command.kind) {
      case 'put':
      case 'remove':
        return this.#call(command);
      case 'serve': {
        const call = this.#nextCall();
        if (call === undefined) return;
        this.#receive(call.requestId, this.#carryOut(call, command.how));
        return;
      }
      case 'remote': {
        const before = new Map(this.#server);
        const key = keyOf(command.key);
        if (command.value === undefined) this.#server.delete(key);
        else this.#server.set(key, rowOf(key, command.value));
        if (this.#link !== 'live') return;
        this.#tell();
        scripted.socket.receive(transaction(...this.#difference(before)));
        return;
      }
      case 'break': {
        if (this.#link === 'none') return;
        for (let count = 0; count < command.served; count++) {
          const call = this.#nextCall();
          if (call !== undefined) this.#carryOut(call, 'well');
        }
        this.#link = 'none';
        scripted.socket.drop();
        return;
      }
      case 'connect':
        return this.#connect(command.as);
      case 'answer': {
        if (this.#link !== 'opened') return;
        this.#link = 'live';
        this.#tell();
        scripted.answer(this.#set, settings(...this.#server.values()));
        return;
      }
      case 'wait':
        return scripted.clock.advance(10);
      case 'discard':
        client.pendingMutations.peek()[command.index]?.discard();
        return;
      case 'refuse':
        this.#allow();
        this.#allow = refuseMarks(this.#offline.storage, 'unsentMark');
        return;
      case 'allow':
        return this.#allow();
      case 'decide':
        return this.#hooks.answer(command.how);
      case 'abort':
        return this.#aborts[command.index % this.#aborts.length]?.abort();
      case 'hold':
        return this.#answers.hold();
      case 'release':
        return this.#answers.release(command.index);
      case 'restart':
        this.#answers.releaseAll();
        await this.#offline[Symbol.asyncDispose]();
        return this.#next();
      case 'crash': {
        this.#hear();
        const { storage } = this.#offline;
        await storage.dispose();
        client.onError(() => undefined);
        void client.dispose();
        return this.#next();
      }
    }
  }

  /** The next run of the program. */
  async #next(): Promise<void> {
    this.#hear();
    this.#link = 'none';
    if (this.#toldTo !== this.#me) this.#told = new Map();
    this.#hooks = new HookAnswers();
    const { isHeld } = this.#answers;
    const options = clientOptions(this.#options, this.#hooks);
    this.#offline = await OfflineClient.create({ ...options, sharing: this.#offline.storage });
    this.#answers = new LateAnswers(this.#offline.storage);
    this.#aborts = [];
    this.#begin();
    for (const { args, state } of this.#offline.client.pendingMutations.peek()) {
      const number = numberOf(args);
      if (this.#sent.has(number)) expect(state).not.toBe('queued');
      const { outcomes } = this.#calls[number] ?? { outcomes: [] };
      if (outcomes.length === 0) continue;
      // The store had not let go of it: its outcome is told again.
      expect(isHeld).toBe(true);
      outcomes.length = 0;
    }
  }

  #begin(): void {
    const { client } = this.#offline;
    this.#allow = () => undefined;
    this.#heard = 0;
    this.#mirror = new Map(client.setting.rows.peek().map(({ key, value }) => [key, value]));
    client.setting.onInsert(({ row }) => {
      expect(this.#mirror.has(row.key)).toBe(false);
      this.#mirror.set(row.key, row.value);
    });
    client.setting.onUpdate(({ oldRow, newRow }) => {
      expect(this.#mirror.get(oldRow.key)).toBe(oldRow.value);
      expect(newRow).not.toEqual(oldRow);
      this.#mirror.set(newRow.key, newRow.value);
    });
    client.setting.onDelete(({ row }) => {
      expect(this.#mirror.get(row.key)).toBe(row.value);
      this.#mirror.delete(row.key);
    });
    this.#set = client.subscriptions.subscribe('SELECT * FROM setting').querySetId;
  }

  /** The server tells the client its rows. */
  #tell(): void {
    this.#told = new Map(this.#server);
    this.#toldTo = this.#me;
  }

  async #connect(as: Name): Promise<void> {
    if (this.#link !== 'none') return;
    const { client, scripted } = this.#offline;
    const { status } = client.connection.state.peek();
    if (status === 'reconnecting') {
      await scripted.comeBack({ identity: identities[as] });
    } else {
      client.connect().catch(() => undefined);
      await settled();
      scripted.socket.introduce({ identity: identities[as] });
    }
    this.#me = as;
    for (const call of this.#calls) call.owner ??= as;
    this.#link = 'opened';
    this.#served = 0;
  }

  #call({ kind, key: number, short }: Extract<QueueCommand, { kind: 'put' | 'remove' }>): void {
    const { client } = this.#offline;
    const key = keyOf(number);
    const id = this.#calls.length;
    const shown = client.setting.find(key);
    const abort = new AbortController();
    this.#aborts.push(abort);
    const options = { signal: abort.signal, ...(short && { timeoutMs: 10 }) };
    const predictions: Prediction[] = [];
    const optimisticChanges: OptimisticChange[] = [];
    let made;
    if (kind === 'put') {
      const row = rowOf(key, `v${id}`);
      predictions.push(shown === undefined ? { kind: 'insert', row } : { kind: 'update', key, value: row.value });
      optimisticChanges.push(
        shown === undefined
          ? OptimisticChange.insertRow(client.setting, row)
          : OptimisticChange.updateRow(client.setting, shown, row),
      );
      made = client.reducers.putSetting(row, { ...options, optimisticChanges });
    } else {
      predictions.push({ kind: 'delete', key });
      optimisticChanges.push(OptimisticChange.deleteRow(client.setting, shown ?? rowOf(key, '')));
      made = client.reducers.removeScore({ player: key, points: BigInt(id) }, { ...options, optimisticChanges });
    }
    const call: ModelCall = { number: id, owner: this.#me, predictions, told: [], settled: [], outcomes: [] };
    this.#calls.push(call);
    void listen(call, made);
  }

  #nextCall(): CallReducer | undefined {
    if (this.#link !== 'live') return undefined;
    const call = this.#offline.calls[this.#served];
    if (call !== undefined) this.#served++;
    return call;
  }

  /** What the server makes of a call; the rows before it, or nothing where it refuses. */
  #carryOut({ reducer, args }: CallReducer, how: 'well' | 'otherwise' | 'not'): Rows | undefined {
    if (how === 'not') return undefined;
    const before = new Map(this.#server);
    if (reducer === 'put_setting') {
      const row = decode(putSettingArgsCodec, args, 'arguments');
      this.#server.set(row.key, how === 'well' ? row : { ...row, value: `${row.value}!` });
    } else {
      this.#server.delete(decode(removeScoreArgsCodec, args, 'arguments').player);
    }
    return before;
  }

  #receive(requestId: number, before: Rows | undefined): void {
    const { socket } = this.#offline.scripted;
    if (before === undefined) return void socket.receive(refused(requestId));
    this.#tell();
    socket.receive(committed(requestId, ...this.#difference(before)));
  }

  /** What changed in the server since `before`, as the set sees it. */
  #difference(before: Rows): readonly QuerySetUpdate[] {
    const deletes: Setting[] = [];
    const inserts: Setting[] = [];
    for (const [key, row] of before) if (this.#server.get(key)?.value !== row.value) deletes.push(row);
    for (const [key, row] of this.#server) if (before.get(key)?.value !== row.value) inserts.push(row);
    if (deletes.length + inserts.length === 0) return [];
    const rows = {
      tag: 'PersistentTable' as const,
      inserts: settings(...inserts).rows,
      deletes: settings(...deletes).rows,
    };
    return [{ querySetId: this.#set, tables: [{ table: 'setting', rows: [rows] }] }];
  }

  #hear(): void {
    const { outcomes } = this.#offline;
    for (const { mutation, outcome } of outcomes.slice(this.#heard)) {
      const number = numberOf(mutation.args);
      const call = this.#calls[number];
      if (call === undefined) throw new Error(`an outcome of call ${number}, which there is not`);
      call.outcomes.push(outcome);
    }
    this.#heard = outcomes.length;
  }

  /** What is to be seen, from scratch. */
  #visible(): readonly Setting[] {
    const rows = new Map(this.#told);
    for (const { predictions } of this.#showing()) {
      for (const prediction of predictions) {
        if (prediction.kind === 'insert') rows.set(prediction.row.key, prediction.row);
        else if (prediction.kind === 'delete') rows.delete(prediction.key);
        else if (rows.has(prediction.key)) rows.set(prediction.key, rowOf(prediction.key, prediction.value));
      }
    }
    return sorted(rows.values());
  }

  #waiting(): readonly ModelCall[] {
    return this.#calls.filter(({ outcomes }) => outcomes.length === 0);
  }

  /** Those that are shown: of whom the client is. */
  #showing(): readonly ModelCall[] {
    return this.#waiting().filter(({ owner }) => owner === this.#me);
  }

  #check(): void {
    this.#checks++;
    const { client } = this.#offline;
    const expected = this.#visible();
    expect(sorted(client.setting.rows.peek())).toEqual(expected);
    expect(sorted(Array.from(this.#mirror, ([key, value]) => rowOf(key, value)))).toEqual(expected);
    const pending = new Set(
      this.#showing().flatMap(({ predictions }) =>
        predictions.map((one) => (one.kind === 'insert' ? one.row.key : one.key)),
      ),
    );
    expect(new Set(client.setting.pending.peek())).toEqual(pending);
    const queued = client.pendingMutations.peek().map(({ args }) => numberOf(args));
    expect(queued).toEqual(this.#waiting().map(({ number }) => number));
    this.#checkOrder();
  }

  /** On one socket every call is sent at most once, in the order of the calls. */
  #checkOrder(): void {
    const sockets: readonly FakeSocket[] = this.#offline.scripted.connector.sockets;
    for (const { messages } of sockets) {
      const sent = messages.flatMap((message) => (message.tag === 'CallReducer' ? numberOf(argsOf(message)) : []));
      expect(sent).toEqual([...new Set(sent)].sort((left, right) => left - right));
      for (const number of sent) this.#sent.add(number);
    }
  }
}

function clientOptions({ window, hasHooks }: QueueOptions, hooks: HookAnswers): Partial<ClientOptions> {
  return { idleProbeMs, queuePolicy: { window, ...(hasHooks && hooks.policy) } };
}
