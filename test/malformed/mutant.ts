import { encodedRows } from '../support/encoded-rows.ts';
import { isDeepStrictEqual } from 'node:util';
import { vi } from 'vitest';
import { fromHex, toHex } from '../../src/bsatn/bytes.ts';
import { type Codec } from '../../src/bsatn/codec.ts';
import { ProcedureDefinition, ReducerDefinition } from '../../src/calls/definition.ts';
import { createClient } from '../../src/client.ts';
import { type ClientCore } from '../../src/client-core.ts';
import { callProcedure } from '../../src/runtime.ts';
import { isSpacetimeDbError } from '../../src/errors.ts';
import { countingIds, type IdSource } from '../../src/ids.ts';
import { type ClientLimits } from '../../src/options.ts';
import { type ClientMessage } from '../../src/wire/client-message.ts';
import { readRows } from '../../src/store/row-reader.ts';
import { rowListOf } from '../../src/wire/row-list.ts';
import { SpacetimeDbClient } from '../generated/reference/index.ts';
import { FakeClock, settled } from '../support/fake-clock.ts';
import { FakeConnector, type FakeSocket } from '../support/fake-connector.ts';
import { type SeededRandom, seededRandom } from '../support/random.ts';
import { patienceMs } from '../support/patience.ts';
import { mutate } from './mutation.ts';
import { type RecordedSession, type SessionTurn } from './recorded-session.ts';
import { type ServerRows } from './server-rows.ts';

/** What became of a mutant. */
export interface MutantReport {
  /** Whether the client noticed, and asked for everything anew by itself. */
  readonly wasNoticed: boolean;
}

/** Bounds that the recorded frames stay below, and a bomb does not. */
const limits: Partial<ClientLimits> = {
  maxInboundFrameBytes: 64 * 1024,
  maxInflatedBytes: 64 * 1024,
  maxRowsPerMessage: 2000,
};

const connectTimeoutMs = 1000;

/** How many turns go on as recorded after one that was damaged, at most. */
const turnsAfterwards = 3;

/**
 * A client takes part in a recorded session from some turn on. The frames of one turn are damaged. Whatever the client makes of that, at the latest with
 * its next connection it holds what the server holds.
 * Throws an `Error` that says what did not hold.
 */
export async function runMutant(sessions: readonly RecordedSession[], seed: number): Promise<MutantReport> {
  const random = seededRandom(seed);
  const session = random.pick(sessions);
  const starts = session.turns.flatMap(({ frames }, index) => (frames.length > 0 ? [index] : []));
  const start = random.pick(starts);
  const turn = session.turns[start];
  if (turn === undefined) throw new RangeError('there is no such turn');
  const mutated = mutate(turn.frames, random.pick(session.turns).frames.concat(session.turns[0]?.frames ?? []), random);
  const where = `${session.name}, turn ${start}, ${mutated.what}`;
  const client = await MutantClient.create(session, random);
  try {
    if (start > 0) await client.join(turn.before);
    let rows = turn.after;
    await client.play(turn, mutated.frames);
    for (const next of session.turns.slice(start + 1, start + 1 + random.below(turnsAfterwards + 1))) {
      if (!client.isConnected) break;
      await client.play(next, next.frames);
      rows = next.after;
    }
    const wasNoticed = !client.isConnected;
    await client.resynchronise(rows);
    client.expectRows(rows);
    await client.dispose();
    return { wasNoticed };
  } catch (cause) {
    throw new Error(`${where}: ${String(cause)}`, { cause });
  }
}

/** Arguments as they were recorded. */
const rawCodec: Codec<Uint8Array> = {
  read: (reader) => reader.bytes.slice(reader.offset, (reader.offset = reader.bytes.length)),
  write: (writer, bytes) => writer.raw(bytes),
  minSize: 0,
};

/** Ids from the session, where it says them; others far away from them. */
class SessionIds implements IdSource {
  readonly #others = countingIds();
  recorded: { readonly requestId: number; readonly querySetId?: number } | undefined;

  nextRequestId(): number {
    return this.recorded?.requestId ?? 1_000_000 + this.#others.nextRequestId();
  }

  nextQuerySetId(): number {
    return this.recorded?.querySetId ?? 1_000_000 + this.#others.nextQuerySetId();
  }
}

class MutantClient {
  readonly #session: RecordedSession;
  readonly #core: ClientCore;
  readonly #client: SpacetimeDbClient;
  readonly #connector: FakeConnector;
  readonly #clock: FakeClock;
  readonly #ids: SessionIds;
  readonly #problems: string[] = [];
  /** Whether the client said that something was wrong. */
  #complaints = 0;
  #unsettled = 0;

  private constructor(parts: {
    session: RecordedSession;
    core: ClientCore;
    client: SpacetimeDbClient;
    connector: FakeConnector;
    clock: FakeClock;
    ids: SessionIds;
  }) {
    this.#session = parts.session;
    this.#core = parts.core;
    this.#client = parts.client;
    this.#connector = parts.connector;
    this.#clock = parts.clock;
    this.#ids = parts.ids;
    this.#client.onError((error) => this.#complain(error));
  }

  static async create(session: RecordedSession, random: SeededRandom): Promise<MutantClient> {
    const [connector, clock, ids] = [new FakeConnector(), new FakeClock(), new SessionIds()];
    let core: ClientCore | undefined;
    const options = {
      host: 'localhost',
      database: 'mutants',
      token: 'mine',
      webSocket: connector,
      clock,
      ids,
      limits,
      connectTimeoutMs,
      random: () => random.next(),
    };
    const client = await createClient(options, { hash: 'mutants' }, (made) => {
      core = made;
      return new SpacetimeDbClient(made);
    });
    if (core === undefined) throw new Error('the client has no core');
    return new MutantClient({ session, core, client, connector, clock, ids });
  }

  get isConnected(): boolean {
    return this.#core.connection.isOpen;
  }

  /** Brings the client to where it would be if it had taken part from the beginning. */
  async join(rows: ServerRows): Promise<void> {
    await this.#connect();
    this.#connector.last.introduce(this.#session.initial);
    for (const querySetId of rows.querySetIds) {
      this.#say({ tag: 'Subscribe', requestId: querySetId, querySetId, queries: ['SELECT * FROM score'] });
    }
    await settled();
    await this.#answer(this.#connector.last, rows);
    this.expectRows(rows);
  }

  /** What was recorded happens, but for the frames. */
  async play({ sent }: SessionTurn, frames: readonly (Uint8Array | undefined)[]): Promise<void> {
    if (this.#connector.sockets.length === 0) {
      await this.#connect();
      this.#connector.last.open();
    }
    for (const message of sent) this.#say(message);
    await settled();
    for (const frame of frames) this.#receive(frame);
    await settled();
  }

  /** The connection breaks, unless it did already, and the next one is not damaged. */
  async resynchronise(rows: ServerRows): Promise<void> {
    const { connection } = this.#client;
    if (this.isConnected) connection.reconnect();
    const state = connection.state.peek();
    if (state.status === 'reconnecting') this.#clock.advance(Math.max(1, state.nextDelayMs));
    // Nobody introduced himself. A first attempt that fails is not tried again by itself.
    if (state.status === 'connecting') this.#clock.advance(connectTimeoutMs);
    await settled();
    if (connection.state.peek().status === 'disconnected') await this.#connect();
    const socket = this.#connector.last.introduce(this.#session.initial);
    await settled();
    await this.#answer(socket, rows);
  }

  /** Throws when the client does not hold what the server holds, or when something went wrong on the way. */
  expectRows(rows: ServerRows): void {
    const state = this.#core.connection.state.peek();
    if (state.status !== 'connected') throw new Error(`the client is ${JSON.stringify(state)}`);
    if (!this.#core.querySets.ready.peek()) throw new Error('the client is not ready');
    const live = this.#core.querySets.live().map(({ id }) => id);
    const lost = rows.querySetIds.filter((id) => !live.includes(id));
    if (lost.length > 0 && this.#complaints === 0) throw new Error(`sets ${lost.join()} went without a word`);
    this.#expectSame(this.#visible(), rows.visible(live));
    if (this.#problems.length > 0) throw new Error(this.#problems.join('; '));
  }

  /** Throws when something is left. */
  async dispose(): Promise<void> {
    await this.#client.dispose();
    const expectNothingLeft = (): void => {
      const left = {
        timers: this.#clock.openTimers,
        sockets: this.#connector.openSockets,
        calls: this.#core.pendingCalls,
        promises: this.#unsettled,
      };
      for (const [what, count] of Object.entries(left)) if (count > 0) throw new Error(`${count} ${what} are left`);
    };
    // What reads the rows of a one-off query is loaded when it is needed, and takes as long as it takes.
    await settled();
    await vi.waitFor(expectNothingLeft, { timeout: patienceMs, interval: 1 });
  }

  async #connect(): Promise<void> {
    this.#watch(this.#client.connect());
    await settled();
  }

  /** A frame arrives; what that throws would end the process. */
  #receive(frame: Uint8Array | undefined): void {
    const socket = this.#connector.last;
    if (socket.closed !== undefined) return;
    try {
      socket.receiveFrame(frame);
    } catch (error) {
      this.#problems.push(`thrown into the socket: ${String(error)}`);
    }
  }

  /** Answers every Subscribe as the server would. */
  async #answer(socket: FakeSocket, rows: ServerRows): Promise<void> {
    for (const message of socket.messages) {
      if (message.tag !== 'Subscribe') continue;
      const { requestId, querySetId } = message;
      const tables = rows.snapshot(querySetId);
      if (tables === undefined) socket.receive({ tag: 'SubscriptionError', requestId, querySetId, error: 'no' });
      else socket.receive({ tag: 'SubscribeApplied', requestId, querySetId, tables });
    }
    await settled();
  }

  /** The client sends what was recorded, where it can. */
  #say(message: ClientMessage): void {
    const { subscriptions } = this.#client;
    if (!this.isConnected) return;
    this.#ids.recorded = message;
    const isKnown = 'querySetId' in message && this.#core.querySets.live().some(({ id }) => id === message.querySetId);
    switch (message.tag) {
      case 'Subscribe':
        if (!isKnown) this.#watch(subscriptions.subscribe(message.queries).applied);
        break;
      case 'Unsubscribe':
        if (isKnown) this.#watch(subscriptions.unsubscribe(message.querySetId, message));
        break;
      case 'OneOffQuery':
        this.#watch(subscriptions.oneOffQuery(message.query));
        break;
      case 'CallReducer':
        this.#watch(
          this.#core.callReducer(new ReducerDefinition({ name: message.reducer, args: rawCodec }), message.args),
        );
        break;
      case 'CallProcedure': {
        const definition = new ProcedureDefinition({ name: message.procedure, args: rawCodec, returned: rawCodec });
        this.#watch(callProcedure(this.#core, definition, message.args));
      }
    }
    this.#ids.recorded = undefined;
  }

  #watch(promise: Promise<unknown>): void {
    this.#unsettled++;
    promise.then(
      () => this.#unsettled--,
      (error: unknown) => {
        this.#unsettled--;
        this.#complain(error);
      },
    );
  }

  #complain(error: unknown): void {
    this.#complaints++;
    if (!isSpacetimeDbError(error)) this.#problems.push(`an error of another kind: ${String(error)}`);
  }

  #expectSame(actual: readonly string[], expected: readonly string[]): void {
    const missing = expected.filter((row) => !actual.includes(row));
    const extra = actual.filter((row) => !expected.includes(row));
    // The payload of a NaN makes other bytes, but no other row.
    if (isDeepStrictEqual(missing.map(this.#decoded), extra.map(this.#decoded))) return;
    throw new Error(`rows are missing: ${JSON.stringify(missing)}, and too many: ${JSON.stringify(extra)}`);
  }

  readonly #decoded = (row: string): unknown => {
    const [name = '', hex = ''] = row.split(' ');
    const definition = this.#core.store.table(name)?.definition;
    return definition && readRows(definition, rowListOf([fromHex(hex)]));
  };

  #visible(): readonly string[] {
    const rows: string[] = [];
    for (const table of this.#core.store.tables()) {
      for (const row of encodedRows(table)) rows.push(`${table.name} ${toHex(row)}`);
    }
    return rows.sort();
  }
}
