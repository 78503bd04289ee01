import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ReplayedConnection } from '../support/golden/client-replay.ts';
import { type ReplayServer, startReplayServer } from '../support/golden/replay-server.ts';
import { type Expect, loadTranscript, type Transcript, transcriptNames } from '../support/golden/transcript.ts';

let server: ReplayServer;

beforeAll(async () => {
  server = await startReplayServer();
});

afterAll(() => server.close());

/** Frames that the typed client cannot make, by their note: ids in use, unknown names, damaged bytes. All others it has to make to the byte. */
const rawFrames: Readonly<Record<string, readonly string[]>> = {
  procedures: ['no such procedure', 'bad arguments'],
  'protocol-errors': ['unknown message tag 9', 'truncated Subscribe', 'empty frame', 'CallReducer with flags 7'],
  'reducer-outcomes': ['no such reducer', 'bad arguments', 'lifecycle reducer', 'scheduled reducer'],
  'subscription-errors': ['id 14 again, which is in use', 'unsubscribe 77'],
};

/** The server was asked for the rows of the random transcripts in SQL, without views. */
function leftOut(name: string): ReadonlySet<string> {
  return new Set(name.startsWith('random-') ? ['lobby', 'me', 'my_inbox'] : []);
}

describe('the client', () => {
  test.each(transcriptNames())('holds what a real server said it holds in %s', async (name) => {
    const { steps, tables } = loadTranscript(name);
    const connections = new Map<string, ReplayedConnection>();
    const connection = (of: string): ReplayedConnection => {
      const known = connections.get(of);
      if (known === undefined) throw new Error(`connection ${of} is not open`);
      return known;
    };
    let comparisons = 0;
    const raw: (string | undefined)[] = [];
    for (const step of steps) {
      switch (step.kind) {
        case 'open':
          connections.set(step.connection, await ReplayedConnection.open(server, step));
          break;
        case 'receive':
          await connection(step.connection).receive(step.frame);
          break;
        case 'send':
          if ((await connection(step.connection).send(step.frame)) === 'raw') raw.push(step.note);
          break;
        case 'sendText':
          // A typed client has no way to say this, and its socket interface has none either.
          break;
        case 'closed':
          await connection(step.connection).close(step);
          break;
        case 'expect':
          for (const [of, rows] of step.rows) {
            expect(connection(of).rows(leftOut(name))).toEqual(withoutEmpty(rows));
            comparisons++;
          }
          break;
        default:
          step satisfies never;
      }
    }
    expect(raw).toEqual(rawFrames[name] ?? []);
    expect(comparisons > 0 || !steps.some((step) => step.kind === 'expect')).toBe(true);
    for (const open of connections.values()) {
      expectWholeTables(open, tables);
      if (raw.length === 0) expect(open.errors).toEqual([]);
      await open.client.dispose();
    }
  });
});

/** Tables that a live set covers whole hold what the server's own SQL said in the end, but for the row of whoever asked. The random transcripts have no such answer. */
function expectWholeTables(connection: ReplayedConnection, tables: Transcript['tables']): void {
  if (tables === undefined || connection.client.connection.state.peek().status !== 'connected') return;
  for (const table of connection.wholeTables()) {
    const recorded = (tables.get(table) ?? []).map((row) => JSON.stringify(row));
    const held = connection.rowsAsJson(table);
    expect(held).toEqual(recorded.filter((row) => !row.includes(recorder)).sort());
  }
}

/** The identity that asked for the tables. */
const recorder = '0xc200b1bc96cf9079cb3a27789fed8141cfd8adc57aee3b6c9bbb1253c8c4956d';

function withoutEmpty(
  rows: Expect['rows'] extends ReadonlyMap<string, infer Tables> ? Tables : never,
): Map<string, readonly string[]> {
  return new Map([...rows].filter(([, list]) => list.length > 0));
}
