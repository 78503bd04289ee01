import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../src/errors.ts';
import { inflate } from '../../src/platform/node.ts';
import { compressionOf } from '../../src/wire/compression.ts';
import { takeServerMessages } from '../../src/wire/frame.ts';
import { type RowList } from '../../src/wire/row-list.ts';
import { type QuerySetUpdate, type ServerMessage } from '../../src/wire/server-message.ts';
import { type ProtocolVersion, versionOfSubprotocol } from '../../src/wire/version.ts';
import { loadTranscript, transcriptNames } from '../support/golden/transcript.ts';

/** A frame as it came from a real server, with its compression byte. */
interface RecordedFrame {
  readonly where: string;
  readonly version: ProtocolVersion;
  readonly frame: Uint8Array;
}

/** Longer frames, in bytes, are damaged at a sample of places. */
const longFrame = 2000;
const sampledPlaces = 400;
const maxInflatedBytes = 1 << 20;

/** The payload of a frame, inflated. Throws what a client would take for damage. */
function bodyOf(frame: Uint8Array): Uint8Array {
  const compression = compressionOf(frame);
  const body = frame.subarray(1);
  const inflated = compression === 'none' ? body : inflate(compression, body, maxInflatedBytes);
  if (inflated instanceof Promise) throw new TypeError('Node inflates at once');
  return inflated;
}

/** Reads a frame as a client does. Throws what a client would take for damage. */
function readFrame({ frame, version }: RecordedFrame): readonly ServerMessage[] {
  const body = bodyOf(frame);
  const messages: ServerMessage[] = [];
  let rows = 0;
  takeServerMessages(body, version, (message, rowsOfIt) => {
    rows += rowsOfIt;
    return messages.push(message) > 0;
  });
  // Even a row without bytes takes eight for its offset, so what a message claims to hold is bounded by its length.
  if (rows > body.length) throw new RangeError(`${rows} rows in ${body.length} bytes`);
  return messages;
}

/** What is wrong with how a damaged frame is read; `undefined` where it is refused as it should be, or read as something else that is valid. */
function problemWith(frame: RecordedFrame): string | undefined {
  try {
    const problem = readFrame(frame).flatMap(listsOf).map(problemWithList).find(Boolean);
    return problem && `${frame.where}: ${problem}`;
  } catch (error) {
    return error instanceof ProtocolError ? undefined : `${frame.where}: ${String(error)}`;
  }
}

/** Every row of a list has to begin where the one before it ends, the first one at 0, the last one has to end with the data. */
function problemWithList(list: RowList): string | undefined {
  if (!Number.isInteger(list.length)) return `${list.length} rows`;
  let end = list.start(0);
  for (let index = 0; index < list.length; index++) {
    if (list.start(index) !== end || list.end(index) < end) return `row ${index} begins at ${list.start(index)}`;
    end = list.end(index);
  }
  return end <= list.data.length ? undefined : `the rows end at ${end} of ${list.data.length}`;
}

function listsOf(message: ServerMessage): readonly RowList[] {
  switch (message.tag) {
    case 'SubscribeApplied':
      return message.tables.map(({ rows }) => rows);
    case 'UnsubscribeApplied':
      return message.tables?.map(({ rows }) => rows) ?? [];
    case 'OneOffQueryResult':
      return 'ok' in message.result ? message.result.ok.map(({ rows }) => rows) : [];
    case 'TransactionUpdate':
      return message.querySets.flatMap(updatedLists);
    case 'ReducerResult':
      return message.outcome.tag === 'Ok' ? message.outcome.querySets.flatMap(updatedLists) : [];
    case 'InitialConnection':
    case 'SubscriptionError':
    case 'ProcedureResult':
      return [];
  }
}

function updatedLists({ tables }: QuerySetUpdate): readonly RowList[] {
  return tables.flatMap(({ rows }) =>
    rows.flatMap((update) => (update.tag === 'EventTable' ? [update.events] : [update.inserts, update.deletes])),
  );
}

/** A frame in which some bytes are others. */
function changed({ where, version, frame }: RecordedFrame, at: number, bytes: readonly number[]): RecordedFrame {
  const copy = Uint8Array.from(frame);
  copy.set(bytes.slice(0, frame.length - at), at);
  return { where: `${where}, at ${at} ${bytes.join()}`, version, frame: copy };
}

/** Every place of a frame, or a sample of a long one, evenly. */
function placesIn({ length }: Uint8Array): readonly number[] {
  const count = length > longFrame ? sampledPlaces : length;
  return Array.from({ length: count }, (_, index) => Math.floor((index * length) / count));
}

const recorded = transcriptNames().map((name) => ({ name, frames: framesOf(name) }));

/** What a server sent in a transcript, each frame once; a compressed one also as it is inside. */
function framesOf(name: string): readonly RecordedFrame[] {
  const versions = new Map<string, ProtocolVersion | undefined>();
  const frames = new Map<string, RecordedFrame>();
  const add = (where: string, version: ProtocolVersion, frame: Uint8Array): void => {
    frames.set(Buffer.from(frame).toString('latin1'), { where, version, frame });
  };
  for (const [index, step] of loadTranscript(name).steps.entries()) {
    if (step.kind === 'open') versions.set(step.connection, versionOfSubprotocol(step.subprotocol));
    if (step.kind !== 'receive') continue;
    const version = versions.get(step.connection);
    if (version === undefined) throw new Error(`${name}: unknown subprotocol`);
    add(`${name}, step ${index}`, version, step.frame);
    if (compressionOf(step.frame) !== 'none') {
      add(`${name}, inside of step ${index}`, version, Uint8Array.of(0, ...bodyOf(step.frame)));
    }
  }
  return [...frames.values()];
}

/** What is wrong with how each of these frames is read. Buffers must not grow with what a frame claims, only with what it has. */
function problemsWith(frames: Iterable<RecordedFrame>): readonly string[] {
  const problems: string[] = [];
  let before = process.memoryUsage().arrayBuffers;
  let count = 0;
  for (const frame of frames) {
    const problem = problemWith(frame);
    if (problem !== undefined) problems.push(problem);
    // Not every time: it takes longer than the reading.
    if (++count % 32 > 0) continue;
    const after = process.memoryUsage().arrayBuffers;
    if (after - before > 8 << 20) problems.push(`${frame.where}: up to ${after - before} bytes were allocated`);
    before = after;
  }
  expect(count).toBeGreaterThan(50);
  return problems;
}

const long = recorded.flatMap(({ frames }) => frames).filter(({ frame }) => frame.length > longFrame);
console.log(
  `${long.length} recorded frames of more than ${longFrame} bytes are damaged at ${sampledPlaces} places each`,
);

/** Every frame damaged at every place, by `damageAt`. */
function* damaged(
  frames: readonly RecordedFrame[],
  damageAt: (frame: RecordedFrame, at: number) => readonly RecordedFrame[],
): Iterable<RecordedFrame> {
  for (const frame of frames) for (const at of placesIn(frame.frame)) yield* damageAt(frame, at);
}

describe('a recorded frame', () => {
  test.each(recorded)('of $name with any byte flipped is read as something valid, or refused', ({ frames }) => {
    // The lowest bit makes tags and counts their neighbours; the highest makes them large, and text no UTF-8.
    const flipped = damaged(frames, (frame, at) =>
      [0x01, 0x80].map((flip) => changed(frame, at, [(frame.frame[at] ?? 0) ^ flip])),
    );
    expect(problemsWith(flipped)).toEqual([]);
  });

  test.each(recorded)('of $name that breaks off anywhere is refused, or read where a message ends', ({ frames }) => {
    const cut = damaged(frames, ({ where, version, frame }, at) => [
      { where: `${where}, cut at ${at}`, version, frame: frame.subarray(0, at) },
    ]);
    expect(problemsWith(cut)).toEqual([]);
  });

  test.each(recorded)('of $name that claims to be endless is refused before anything is allocated', ({ frames }) => {
    const endless = damaged(frames, (frame, at) => [changed(frame, at, [255, 255, 255, 255])]);
    expect(problemsWith(endless)).toEqual([]);
  });
});
