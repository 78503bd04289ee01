import { readdirSync } from 'node:fs';
import { fromHex } from '../../../src/bsatn/bytes.ts';
import { asList, asObject, asTexts, type Json, type JsonObject, readGolden } from './json.ts';

/** What happened between a real server and its clients, frame by frame, as it was recorded. */
export interface Transcript {
  /** The name of the file in `test/golden`, without its ending. */
  readonly name: string;
  /** What the transcript shows, in a sentence; the random ones say nothing. */
  readonly about: string | undefined;
  /** The server and its version. */
  readonly server: string;
  readonly steps: readonly Step[];
  /** What the public tables held in the end: rows in column order, in the notation of the server's SQL. The random ones have none. */
  readonly tables: ReadonlyMap<string, readonly Json[]> | undefined;
}

/** One thing that happened. `connection` is the name of a connection within the transcript. */
export type Step = Open | Send | SendText | Receive | Closed | Expect;

/** A connection was accepted. */
export interface Open {
  readonly kind: 'open';
  readonly connection: string;
  readonly subprotocol: string;
  /** As it stands in the query of the upgrade request. */
  readonly compression: string;
}

/** The client sent a binary frame. */
export interface Send {
  readonly kind: 'send';
  readonly connection: string;
  readonly frame: Uint8Array;
  readonly note: string | undefined;
}

/** The client sent a text frame. */
export interface SendText {
  readonly kind: 'sendText';
  readonly connection: string;
  readonly text: string;
}

/** The server sent a binary frame; it begins with its compression byte. */
export interface Receive {
  readonly kind: 'receive';
  readonly connection: string;
  readonly frame: Uint8Array;
}

/** The server closed the connection. */
export interface Closed {
  readonly kind: 'closed';
  readonly connection: string;
  readonly code: number;
  readonly reason: string;
}

/**
 * From here on every connection that is named holds exactly these rows: their BSATN in hex, sorted, by table.
 * A table that is not named holds nothing.
 */
export interface Expect {
  readonly kind: 'expect';
  readonly rows: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;
}

/** The files of `test/golden` that hold no frames. */
const others: ReadonlySet<string> = new Set(['http', 'handshake-failures']);

/** The names of all transcripts of frames. */
export function transcriptNames(): readonly string[] {
  return readdirSync(new URL('../../golden/', import.meta.url))
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .filter((name) => !others.has(name))
    .sort();
}

/** Reads `test/golden/NAME.json`. Throws a `TypeError` or `SyntaxError` that names the place for anything that is no transcript. */
export function loadTranscript(name: string): Transcript {
  const file = readGolden(name);
  const tables = file.optionalObject('tables');
  return {
    name,
    about: file.optionalText('about'),
    server: file.text('server'),
    steps: file.list('steps').map((step, index) => readStep(asObject(step, `${name}.steps[${index}]`))),
    tables:
      tables && new Map(tables.entries().map(([table, rows]) => [table, asList(rows, `${tables.where}.${table}`)])),
  };
}

function readStep(step: JsonObject): Step {
  if (step.has('expect')) return { kind: 'expect', rows: readExpected(step.object('expect')) };
  const connection = step.text('conn');
  if (step.has('open')) {
    const open = step.object('open');
    return { kind: 'open', connection, subprotocol: open.text('subprotocol'), compression: open.text('compression') };
  }
  if (step.has('send')) {
    return { kind: 'send', connection, frame: fromHex(step.text('send')), note: step.optionalText('note') };
  }
  if (step.has('sendText')) return { kind: 'sendText', connection, text: step.text('sendText') };
  if (step.has('receive')) return { kind: 'receive', connection, frame: fromHex(step.text('receive')) };
  if (step.has('closed')) {
    const closed = step.object('closed');
    return { kind: 'closed', connection, code: closed.integer('code'), reason: closed.text('reason') };
  }
  throw new TypeError(`${step.where} is no step that is known`);
}

function readExpected(expected: JsonObject): ReadonlyMap<string, ReadonlyMap<string, readonly string[]>> {
  return new Map(
    expected.entries().map(([connection, tables]) => {
      const where = `${expected.where}.${connection}`;
      const rows = asObject(tables, where).entries();
      return [connection, new Map(rows.map(([table, list]) => [table, asTexts(list, `${where}.${table}`)]))];
    }),
  );
}
