import { compressionOf, compressionThreshold } from '../../../src/wire/compression.ts';
import { readServerPayload } from '../../../src/wire/frame.ts';
import { type ServerMessage } from '../../../src/wire/server-message.ts';
import { type ProtocolVersion, versionOfSubprotocol } from '../../../src/wire/version.ts';
import { canonicalMessage } from './canonical-message.ts';
import { type Json } from './json.ts';
import { Labels } from './labels.ts';
import { nameTimes } from './name-times.ts';
import { type Open } from './transcript.ts';
import { type Turn } from './turns.ts';
import { inflated } from '../../../src/embedded/kit/inflated.ts';

/** What one connection was told in one turn. */
export interface Told {
  readonly messages: ServerMessage[];
  closed: { readonly code: number; readonly reason: string } | undefined;
}

/** All that a server told its clients: for each turn, by connection. */
export type Run = readonly ReadonlyMap<string, Told>[];

/** Collects the frames of a run and takes them apart. */
export class RunReader {
  readonly #turns: Map<string, Told>[] = [];
  readonly #opened = new Map<string, { readonly version: ProtocolVersion; readonly compression: string }>();

  get run(): Run {
    return this.#turns;
  }

  nextTurn(): void {
    this.#turns.push(new Map());
  }

  open({ connection, subprotocol, compression }: Open): void {
    const version = versionOfSubprotocol(subprotocol);
    if (version === undefined) throw new Error(`connection ${connection} speaks ${subprotocol}`);
    this.#opened.set(connection, { version, compression });
  }

  /** Throws a `ProtocolError` for a frame that cannot be read, and an `Error` for one that is not compressed as it should be. */
  receive(connection: string, frame: Uint8Array): void {
    const opened = this.#opened.get(connection);
    if (opened === undefined) throw new Error(`a frame for connection ${connection}, which is not open`);
    const used = compressionOf(frame);
    const body = inflated(frame);
    const due = body.length > compressionThreshold ? opened.compression.toLowerCase() : 'none';
    if (used !== due) throw new Error(`a frame of ${body.length} bytes for ${connection} is ${used}, not ${due}`);
    this.#told(connection).messages.push(...readServerPayload(body, opened.version));
  }

  closed(connection: string, code: number, reason: string): void {
    this.#told(connection).closed = { code, reason };
  }

  /** How many messages a connection was told in the present turn, the close counted as one. */
  count(connection: string): number {
    const told = this.#turns.at(-1)?.get(connection);
    return told === undefined ? 0 : told.messages.length + (told.closed === undefined ? 0 : 1);
  }

  #told(connection: string): Told {
    const turn = this.#turns.at(-1);
    if (turn === undefined) throw new Error('nothing has been done yet');
    const told = turn.get(connection) ?? { messages: [], closed: undefined };
    turn.set(connection, told);
    return told;
  }
}

/** The run that a transcript recorded. */
export function recordedRun(turns: readonly Turn[]): Run {
  const reader = new RunReader();
  for (const { action, answers } of turns) {
    reader.nextTurn();
    if (action.kind === 'open') reader.open(action);
    for (const answer of answers) {
      if (answer.kind === 'receive') reader.receive(answer.connection, answer.frame);
      else reader.closed(answer.connection, answer.code, answer.reason);
    }
  }
  return reader.run;
}

/** Names for all that differs from run to run, from what the messages themselves say. */
export function labelsOf(run: Run): Labels {
  const labels = new Labels();
  for (const turn of run) {
    for (const [connection, { messages }] of turn) {
      for (const message of messages) {
        if (message.tag !== 'InitialConnection') continue;
        labels.nameIdentity(message.identity, connection);
        labels.nameConnection(message.connectionId, connection);
      }
    }
  }
  nameTimes(run, labels);
  return labels;
}

/** A run in a form that can be compared: for each turn what each connection was told, by the name of the connection. */
export function canonicalRun(run: Run, labels: Labels): readonly Json[] {
  return run.map((turn) =>
    Object.fromEntries(
      [...turn].map(([connection, { messages, closed }]) => {
        const told: readonly Json[] = messages.map((message) => canonicalMessage(message, labels));
        return [connection, closed === undefined ? told : [...told, { ...closed }]];
      }),
    ),
  );
}
