import { Identity } from '../../../src/bsatn/special/identity.ts';
import { EmbeddedServer } from '../../../src/embedded/embedded-server.ts';
import { type Json } from './json.ts';
import { referenceWasm } from './reference-schema.ts';
import { type ReplayConnect, type ReplayConnection, type ReplayedServer } from './replay-client.ts';
import { canonicalRun, labelsOf, recordedRun, type Run, RunReader } from './run.ts';
import { sqlOverHttp } from './sql-over-http.ts';
import { canonicalTables } from './tables.ts';
import { TickingClock } from './ticking-clock.ts';
import { type Transcript } from './transcript.ts';
import { type Turn, turnsOf } from './turns.ts';

/** The identity that recorded the transcripts and owned their databases. */
const recorder = Identity.fromHexString('c200b1bc96cf9079cb3a27789fed8141cfd8adc57aee3b6c9bbb1253c8c4956d');

/**
 * How long to wait for what a timer of the module brings, in steps of so many milliseconds of the server's clock; and after that for procedures, which run on
 * threads of their own, in steps of so many milliseconds of ours.
 */
const patience = { steps: 20, millis: 25, threadSteps: 1000, threadMillis: 5 };

/** What a server did: what its clients were told in each turn, and what its tables held in the end. */
export interface Outcome {
  readonly turns: readonly { readonly turn: string; readonly told: Json }[];
  readonly tables: Json;
}

/** What a transcript says the server did. */
export function recordedOutcome(transcript: Transcript): Outcome {
  const turns = turnsOf(transcript);
  return outcomeOf(turns, recordedRun(turns), recorder, transcript.tables);
}

/** A server that is to live through a transcript, with a new database of the reference module. */
export interface ReplayTarget {
  readonly server: ReplayedServer;
  /** Lets time pass for the timers of the module. */
  readonly pass: (millis: number) => Promise<void> | void;
  readonly close: () => Promise<void>;
}

/** An embedded server, whose time passes only when it is told to; `module` is the reference module in some language. */
export async function embeddedTarget(module: string = referenceWasm): Promise<ReplayTarget> {
  const clock = new TickingClock();
  const server = await EmbeddedServer.start({ module, database: 'golden', clock, log: () => undefined });
  return { server, pass: (millis) => clock.advance(millis), close: () => server.close() };
}

/** Has a server live through a transcript, and says what it did. */
export async function replay(
  transcript: Transcript,
  connect: ReplayConnect,
  start: () => Promise<ReplayTarget> = embeddedTarget,
): Promise<Outcome> {
  const target = await start();
  const { server } = target;
  const player = new Player(target, connect);
  try {
    const turns = turnsOf(transcript);
    const run = await player.play(turns);
    const tables = transcript.tables && (await readTables(server, [...transcript.tables.keys()]));
    return outcomeOf(turns, run, identityOfToken(server.ownerToken), tables);
  } finally {
    player.close();
    await target.close();
  }
}

/** Whom a token stands for. */
export function identityOfToken(token: string): Identity {
  const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  if (typeof claims !== 'object' || claims === null || !('hex_identity' in claims)) throw new Error('no identity');
  return Identity.fromHexString(String(claims.hex_identity));
}

class Player {
  readonly #target: ReplayTarget;
  readonly #connect: ReplayConnect;
  readonly #connections = new Map<string, ReplayConnection>();
  readonly #reader = new RunReader();
  readonly #faults: unknown[] = [];
  /** What is told after the last turn, when the tables are read, is no part of the run. */
  #isOver = false;

  constructor(target: ReplayTarget, connect: ReplayConnect) {
    this.#target = target;
    this.#connect = connect;
  }

  /** A turn ends when all has been told that the recorded server told, and whatever else comes until then. */
  async play(turns: readonly Turn[]): Promise<Run> {
    const recorded = recordedRun(turns);
    for (const [index, { action }] of turns.entries()) {
      this.#reader.nextTurn();
      await this.#act(action);
      await this.#settle();
      const due = recorded[index] ?? new Map();
      const isDone = (): boolean =>
        [...due].every(([connection, { messages, closed }]) => {
          return this.#reader.count(connection) >= messages.length + (closed === undefined ? 0 : 1);
        });
      for (let step = 0; step < patience.steps && !isDone(); step++) {
        await this.#target.pass(patience.millis);
        await this.#settle();
      }
      for (let step = 0; step < patience.threadSteps && !isDone(); step++) {
        await new Promise((resolve) => setTimeout(resolve, patience.threadMillis));
        await this.#target.pass(0);
        await this.#settle();
      }
    }
    this.#isOver = true;
    return this.#reader.run;
  }

  close(): void {
    for (const connection of this.#connections.values()) connection.close();
  }

  async #act(action: Turn['action']): Promise<void> {
    const { connection } = action;
    if (action.kind === 'open') {
      this.#reader.open(action);
      const opened = await this.#connect(this.#target.server, action, {
        onFrame: (frame) => this.#receive(connection, frame),
        onClose: (code, reason) => {
          if (!this.#isOver) this.#reader.closed(connection, code, reason);
        },
      });
      this.#connections.set(connection, opened);
    } else if (action.kind === 'send') this.#connections.get(connection)?.send(action.frame);
    else this.#connections.get(connection)?.sendText(action.text);
  }

  /** What is wrong with a frame fails the replay, not the socket that brought it. */
  #receive(connection: string, frame: Uint8Array): void {
    if (this.#isOver) return;
    try {
      this.#reader.receive(connection, frame);
    } catch (error) {
      this.#faults.push(error);
    }
  }

  async #settle(): Promise<void> {
    for (const connection of this.#connections.values()) await connection.settle();
    if (this.#faults.length > 0) throw new AggregateError(this.#faults, String(this.#faults[0]));
  }
}

async function readTables(
  server: ReplayedServer,
  tables: readonly string[],
): Promise<ReadonlyMap<string, readonly Json[]>> {
  const contents = new Map<string, readonly Json[]>();
  for (const table of tables) contents.set(table, await sqlOverHttp(server, `SELECT * FROM ${table}`));
  return contents;
}

function outcomeOf(
  turns: readonly Turn[],
  run: Run,
  owner: Identity,
  tables: ReadonlyMap<string, readonly Json[]> | undefined,
): Outcome {
  const labels = labelsOf(run);
  labels.nameIdentity(owner, 'the owner');
  return {
    turns: canonicalRun(run, labels).map((told, index) => ({ turn: titleOf(turns[index], index), told })),
    tables: tables === undefined ? 'none' : canonicalTables(tables, labels),
  };
}

function titleOf(turn: Turn | undefined, index: number): string {
  const action = turn?.action;
  if (action === undefined) return `${index}`;
  const note = action.kind === 'send' ? action.note : undefined;
  return `${index}: ${action.connection} ${action.kind} ${note ?? ''}`;
}
