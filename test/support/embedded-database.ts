import { readFileSync } from 'node:fs';
import { BsatnWriter, ConnectionId, Identity } from '../../src/bsatn/index.ts';
import { ManualClock } from '../../src/embedded/clock.ts';
import { type Commit, type ProcedureOutcome, type ReducerOutcome } from '../../src/embedded/commit.ts';
import { type Database } from '../../src/embedded/database.ts';
import { type EncodedRange } from '../../src/embedded/datastore/table-index.ts';
import { HostError } from '../../src/embedded/errno.ts';
import { type LogRecord } from '../../src/embedded/log-record.ts';
import { type HostFactory } from '../../src/embedded/module-host.ts';
import { openDatabase } from '../../src/embedded/open-database.ts';
import { referenceWasm } from './golden/reference-schema.ts';

const wasm = readFileSync(referenceWasm);

export const owner: Identity = new Identity(0xc200n << 240n);
export const databaseIdentity: Identity = new Identity(0xdbn);

/** A database that runs the reference module, with a clock that stands still and all that happens written down. */
export interface TestDatabase {
  readonly database: Database;
  readonly clock: ManualClock;
  readonly log: LogRecord[];
  readonly commits: Commit[];
  /** Calls a reducer with JSON arguments, by default as `ann` on her connection. */
  readonly call: (name: string, args?: string, client?: TestClient) => ReducerOutcome;
  readonly procedure: (name: string, args?: string) => Promise<ProcedureOutcome>;
  /** The last commit in short, such as `score +1 -0`. */
  readonly lastChanges: () => string;
}

/** A connection and who it belongs to. */
interface TestClient {
  readonly identity: Identity;
  readonly connectionId: ConnectionId | undefined;
}

export const ann: { readonly identity: Identity; readonly connectionId: ConnectionId } = {
  identity: new Identity(1n),
  connectionId: new ConnectionId(11n),
};
export const bob: { readonly identity: Identity; readonly connectionId: ConnectionId } = {
  identity: new Identity(2n),
  connectionId: new ConnectionId(22n),
};

/** Opens a database over the reference module, or over another one; nobody is connected. */
export async function openTestDatabase(module: Uint8Array | HostFactory = wasm): Promise<TestDatabase> {
  const clock = new ManualClock();
  const log: LogRecord[] = [];
  const commits: Commit[] = [];
  const database = await openDatabase({
    module,
    name: 'test',
    identity: databaseIdentity,
    owner,
    clock,
    random: (size) => new Uint8Array(size),
    log: (record) => log.push(record),
  });
  database.onCommit((commit) => commits.push(commit));
  return {
    database,
    clock,
    log,
    commits,
    call: (name, args = '[]', client = ann) => database.callReducer({ name, args, ...client }),
    procedure: async (name, args = '[]') => database.callProcedure({ name, args, ...ann }),
    lastChanges: () => changesOf(commits.at(-1)),
  };
}

/** Lets `millis` milliseconds pass as soon as a procedure that was called just now sleeps, until it has ended. */
export async function whileItSleeps<T>(
  { clock }: Pick<TestDatabase, 'clock'>,
  millis: number,
  ending: Promise<T>,
): Promise<T> {
  const before = clock.pendingTimers;
  const state = { hasEnded: false };
  const ended = ending.finally(() => {
    state.hasEnded = true;
  });
  while (clock.pendingTimers === before && !state.hasEnded) await new Promise((resolve) => setImmediate(resolve));
  clock.advance(millis);
  return ended;
}

/** What a commit changed in short: tables, then views. */
function changesOf(commit: Commit | undefined): string {
  if (commit === undefined) return 'no commit';
  const tables = [...commit.deltas].map(
    ([name, { inserted, deleted }]) => `${name} +${inserted.length} -${deleted.length}`,
  );
  const views = commit.viewDeltas.map(({ view, sender, delta }) => {
    const forWhom = sender === undefined ? '' : `(${sender.value})`;
    return `${view}${forWhom} +${delta.inserted.length} -${delta.deleted.length}`;
  });
  return [...tables, ...views].join(', ');
}

/** The BSATN that `write` writes. */
export function bsatn(write: (writer: BsatnWriter) => void): Uint8Array {
  const writer = new BsatnWriter();
  write(writer);
  return writer.finish();
}

/** The error number that `run` ends with, 0 when it succeeds. */
export function errnoOf(run: () => unknown): number {
  try {
    run();
    return 0;
  } catch (error) {
    if (error instanceof HostError) return error.errno;
    throw error;
  }
}

/** A row of the table `setting`. */
export function setting(key: string, slot: number, value: string): Uint8Array {
  return bsatn((writer) => {
    writer.string(key);
    writer.u16(slot);
    writer.string(value);
  });
}

/** A row of the table `message` without an id. */
export function message(room: number, text: string): Uint8Array {
  return bsatn((writer) => {
    writer.u64(0n);
    writer.u32(room);
    writer.u256(1n);
    writer.string(text);
    writer.i64(0n);
  });
}

/** A row of the table `entity`. */
export function entity(id: number): Uint8Array {
  return bsatn((writer) => {
    writer.u32(id);
    writer.raw(new Uint8Array(1 + 12 + 4 + 8));
  });
}

/** The range that holds all keys of an index. */
export const everything: EncodedRange = {
  prefix: new Uint8Array(),
  prefixColumns: 0,
  lower: Uint8Array.of(2),
  upper: Uint8Array.of(2),
};
