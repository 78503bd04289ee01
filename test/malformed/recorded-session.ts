import { BsatnReader } from '../../src/bsatn/reader.ts';
import { type ClientMessage, readClientMessage } from '../../src/wire/client-message.ts';
import { inflated } from '../../src/embedded/kit/inflated.ts';
import { readServerPayload } from '../../src/wire/frame.ts';
import { type InitialConnection, type ServerMessage } from '../../src/wire/server-message.ts';
import { loadTranscript, transcriptNames } from '../support/golden/transcript.ts';
import { type Turn, turnsOf } from '../support/golden/turns.ts';
import { ServerRows } from './server-rows.ts';

/** Something that happened to one connection, and all that the server said to it before anybody did anything again. */
export interface SessionTurn {
  /** What the client of this connection sent; nothing where somebody else did something. */
  readonly sent: readonly ClientMessage[];
  /** What the server said, as it was recorded. */
  readonly frames: readonly Uint8Array[];
  /** What the server holds for the client, before and after. */
  readonly before: ServerRows;
  readonly after: ServerRows;
}

/** One connection of a transcript. */
export interface RecordedSession {
  readonly name: string;
  readonly initial: InitialConnection;
  /** The first one is the opening of the connection. */
  readonly turns: readonly SessionTurn[];
}

/** All connections that speak v3, but those that the server closed. */
export function recordedSessions(): readonly RecordedSession[] {
  return transcriptNames().flatMap((name) => {
    const turns = turnsOf(loadTranscript(name));
    const opened = turns.flatMap(({ action }) =>
      action.kind === 'open' && action.subprotocol.startsWith('v3') ? [action.connection] : [],
    );
    const closed = new Set(
      turns
        .flatMap(({ answers }) => answers.filter(({ kind }) => kind === 'closed'))
        .map(({ connection }) => connection),
    );
    return opened
      .filter((connection) => !closed.has(connection))
      .map((connection) => sessionOf(name, connection, turns));
  });
}

function sessionOf(transcript: string, connection: string, all: readonly Turn[]): RecordedSession {
  const turns: SessionTurn[] = [];
  let rows = new ServerRows();
  let initial: InitialConnection | undefined;
  for (const { action, answers } of all) {
    const isOwn = action.connection === connection;
    const frames = answers.flatMap((answer) =>
      answer.kind === 'receive' && answer.connection === connection ? [answer.frame] : [],
    );
    if (!isOwn && frames.length === 0) continue;
    const before = rows;
    for (const message of frames.flatMap(messagesOf)) {
      rows = rows.after(message);
      if (message.tag === 'InitialConnection') initial = message;
    }
    turns.push({ sent: isOwn && action.kind === 'send' ? sentIn(action.frame) : [], frames, before, after: rows });
  }
  const name = `${transcript}, connection ${connection}`;
  if (initial === undefined) throw new Error(`${name}: the server never introduced itself`);
  return { name, initial, turns };
}

/** The messages of a recorded frame of a server. */
function messagesOf(frame: Uint8Array): readonly ServerMessage[] {
  return readServerPayload(inflated(frame), 'v3');
}

function sentIn(frame: Uint8Array): readonly ClientMessage[] {
  const reader = new BsatnReader(frame, 'a recorded frame of a client');
  const messages: ClientMessage[] = [];
  while (reader.remaining > 0) messages.push(readClientMessage(reader));
  return messages;
}
