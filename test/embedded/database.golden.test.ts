import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BsatnReader, fromHex, type Identity, toHex } from '../../src/bsatn/index.ts';
import { ManualClock } from '../../src/embedded/clock.ts';
import { type ReducerOutcome } from '../../src/embedded/commit.ts';
import { type Database } from '../../src/embedded/database.ts';
import { positionalPrinter } from '../../src/embedded/fronts/value-json.ts';
import { openDatabase } from '../../src/embedded/open-database.ts';
import { type ClientMessage, readClientMessage } from '../../src/wire/client-message.ts';
import { type InitialConnection, type ReducerResult, type ServerMessage } from '../../src/wire/server-message.ts';
import { databaseIdentity, owner, whileItSleeps } from '../support/embedded-database.ts';
import { asList, asTexts, type Json } from '../support/golden/json.ts';
import { referenceTypespace, referenceWasm, rowTypeOf } from '../support/golden/reference-schema.ts';
import { recordedRun, type Run } from '../support/golden/run.ts';
import { loadTranscript, type Transcript, transcriptNames } from '../support/golden/transcript.ts';
import { turnsOf } from '../support/golden/turns.ts';

/*
 * Makes the calls of a transcript on the database alone, as the same clients and at the same times: then outcomes and rows must be the recorded ones, to the
 * byte. What clients are told of it is not in question here.
 */

const wasm = readFileSync(referenceWasm);

/** Long before all recordings. */
const start = 1_700_000_000_000_000n;

describe.each(transcriptNames())('the transcript %s', (name) => {
  const transcript = loadTranscript(name);
  const run = recordedRun(turnsOf(transcript));

  test('has the same outcomes and the same rows in the end', async () => {
    const clock = new ManualClock(start);
    const database = await openDatabase({ module: wasm, name, identity: databaseIdentity, owner, clock });
    const outcomes = await replay(database, clock, transcript, run);
    expect(outcomes.map(([ours]) => ours)).toEqual(outcomes.map(([, recorded]) => recorded));
    clock.advance(1000);
    for (const [table, rows] of recordedTables(transcript, run)) {
      expect([table, printedRows(database, table)]).toEqual([table, sorted(rows)]);
    }
    for (const [table, rows] of lastExpected(transcript)) {
      const stored = new Set([...(database.table(table)?.rows() ?? [])].map((row) => toHex(row.bytes)));
      expect(rows.filter((row) => !stored.has(row))).toEqual([]);
    }
  });
});

type Outcome = readonly [string, string];

async function replay(
  database: Database,
  clock: ManualClock,
  transcript: Transcript,
  run: Run,
): Promise<readonly (readonly [Outcome, Outcome])[]> {
  const connected = new Map<string, InitialConnection>();
  const outcomes: (readonly [Outcome, Outcome])[] = [];
  for (const [turn, { action, answers }] of turnsOf(transcript).entries()) {
    const client = connected.get(action.connection);
    if (action.kind === 'open') {
      const initial = find(run, turn, action.connection, (message) => message.tag === 'InitialConnection');
      if (initial?.tag !== 'InitialConnection') throw new Error(`${action.connection} was not connected`);
      clock.sleepUntil(joinedAt(transcript, initial.identity) ?? clock.nowMicros());
      connected.set(action.connection, initial);
      database.connect(initial.identity, initial.connectionId);
    } else if (action.kind === 'send' && client !== undefined) {
      for (const message of clientMessages(action.frame)) {
        const result = resultOf(run, action.connection, message);
        if (result !== undefined) clock.sleepUntil(result.timestamp.micros);
        const outcome = await call(database, clock, client, message);
        if (result !== undefined && outcome !== undefined)
          outcomes.push([describeOurs(message, outcome), describeRecorded(message, result)]);
      }
    }
    for (const answer of answers) {
      const closed = answer.kind === 'closed' ? connected.get(answer.connection) : undefined;
      if (closed !== undefined) database.disconnect(closed.identity, closed.connectionId);
    }
  }
  return outcomes;
}

/** The messages of a frame up to the first that cannot be read. */
function clientMessages(frame: Uint8Array): readonly ClientMessage[] {
  const reader = new BsatnReader(frame, 'a client frame');
  const messages: ClientMessage[] = [];
  try {
    while (reader.remaining > 0) messages.push(readClientMessage(reader));
  } catch {
    // Some transcripts are about such frames.
  }
  return messages;
}

async function call(
  database: Database,
  clock: ManualClock,
  client: InitialConnection,
  message: ClientMessage,
): Promise<ReducerOutcome | undefined> {
  const { identity, connectionId } = client;
  if (message.tag === 'CallReducer') {
    return database.callReducer({ name: message.reducer, args: message.args, identity, connectionId });
  }
  if (message.tag === 'CallProcedure') {
    const request = { name: message.procedure, args: message.args, identity, connectionId };
    await whileItSleeps({ clock }, 50, Promise.resolve(database.callProcedure(request)));
  }
  return undefined;
}

function resultOf(run: Run, connection: string, message: ClientMessage): ReducerResult | undefined {
  if (message.tag !== 'CallReducer') return undefined;
  for (const turn of run.keys()) {
    const found = find(
      run,
      turn,
      connection,
      (candidate) => candidate.tag === 'ReducerResult' && candidate.requestId === message.requestId,
    );
    if (found?.tag === 'ReducerResult') return found;
  }
  return undefined;
}

function find(
  run: Run,
  turn: number,
  connection: string,
  matches: (message: ServerMessage) => boolean,
): ServerMessage | undefined {
  return run[turn]?.get(connection)?.messages.find(matches);
}

const nameOf = (message: ClientMessage): string => (message.tag === 'CallReducer' ? message.reducer : message.tag);

function describeOurs(message: ClientMessage, outcome: ReducerOutcome): Outcome {
  switch (outcome.tag) {
    case 'committed':
      return [nameOf(message), 'ok'];
    case 'failed':
      return [nameOf(message), `error ${toHex(outcome.error)}`];
    case 'internalError':
      return [nameOf(message), outcome.message];
  }
}

function describeRecorded(message: ClientMessage, { outcome }: ReducerResult): Outcome {
  switch (outcome.tag) {
    case 'Ok':
    case 'OkEmpty':
      return [nameOf(message), 'ok'];
    case 'Err':
      return [nameOf(message), `error ${toHex(outcome.error)}`];
    case 'InternalError':
      return [nameOf(message), outcome.message];
  }
}

/** When an identity joined, which no message says but its row in the table of users. */
function joinedAt(transcript: Transcript, identity: Identity): bigint | undefined {
  for (const user of transcript.tables?.get('user') ?? []) {
    const [key, , , , joined] = asList(user, 'a user');
    if (JSON.stringify(key) !== JSON.stringify([shortestHex(identity)])) continue;
    return BigInt(asTexts(asList(joined, 'joined'), 'joined')[0] ?? '');
  }
  const prefix = [...identity.toHexString().matchAll(/../g)]
    .map(([byte]) => byte)
    .reverse()
    .join('');
  for (const step of transcript.steps) {
    if (step.kind !== 'expect') continue;
    for (const rows of step.rows.values()) {
      const row = rows.get('user')?.find((user) => user.startsWith(prefix));
      if (row !== undefined) return new DataView(fromHex(row.slice(-16)).buffer).getBigInt64(0, true);
    }
  }
  return undefined;
}

const shortestHex = (identity: Identity): string => `0x${identity.value.toString(16)}`;

/** The recorded tables without the user that did the recording. */
function recordedTables(transcript: Transcript, run: Run): ReadonlyMap<string, readonly Json[]> {
  const connected = run
    .flatMap((turn) => [...turn.values()])
    .flatMap(({ messages }) => messages)
    .flatMap((message) =>
      message.tag === 'InitialConnection' ? [JSON.stringify([shortestHex(message.identity)])] : [],
    );
  const isOfUser = (row: Json): boolean => connected.includes(JSON.stringify(asList(row, 'a user')[0]));
  const tables = new Map(transcript.tables ?? []);
  const users = tables.get('user');
  if (users !== undefined) tables.set('user', users.filter(isOfUser));
  return tables;
}

/** The rows of a table in the notation of the recording, where integers over 15 digits are strings and -0 is 0. */
function printedRows(database: Database, table: string): readonly string[] {
  const print = positionalPrinter(rowTypeOf(table), referenceTypespace);
  const rows = [...(database.table(table)?.rows() ?? [])].map((row): Json => {
    const text = print(row.bytes)
      .replaceAll(/(?<=[[,])-?\d{16,}(?=[\],])/g, '"$&"')
      .replaceAll('-0.0', '0');
    return JSON.parse(text) as Json;
  });
  return sorted(rows);
}

function sorted(rows: readonly Json[]): readonly string[] {
  return rows.map((row) => JSON.stringify(row)).sort();
}

/** What the last expectation says that anybody holds, without views: all of it must be in the tables. */
function lastExpected(transcript: Transcript): ReadonlyMap<string, readonly string[]> {
  const last = transcript.steps.filter((step) => step.kind === 'expect').at(-1);
  const byTable = new Map<string, readonly string[]>();
  for (const tables of last?.rows.values() ?? []) {
    for (const [table, rows] of tables) byTable.set(table, [...(byTable.get(table) ?? []), ...rows]);
  }
  for (const view of ['lobby', 'me', 'my_inbox']) byTable.delete(view);
  return byTable;
}
