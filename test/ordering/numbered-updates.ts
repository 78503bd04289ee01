import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { encode } from '../../src/bsatn/codec.ts';
import { type Compression, compressionTags } from '../../src/wire/compression.ts';
import { type RowList, rowListOf } from '../../src/wire/row-list.ts';
import { type QuerySetUpdate, type ServerMessage } from '../../src/wire/server-message.ts';
import { chatEventCodec, settingCodec } from '../generated/reference/index.ts';
import { type SeededRandom, seededRandom } from '../support/random.ts';
import { serverMessageCodec } from '../support/message-codecs.ts';

type TableUpdate = QuerySetUpdate['tables'][number];

/** A frame as it goes over the wire. */
interface NumberedFrame {
  readonly bytes: Uint8Array;
  readonly compression: Compression;
  /** How long the payload is before its compression, in bytes. */
  readonly size: number;
}

/** Frames with numbered updates. */
export interface NumberedFrames {
  readonly frames: readonly NumberedFrame[];
  /** How many characters all their events have together. */
  readonly characters: number;
}

/** The row that counts, in its list. */
export function counterRow(count: number): RowList {
  return rowListOf([encode(settingCodec, { key: 'counter', slot: 1, value: String(count) })]);
}

/**
 * Updates numbered from 1 to `updates`: each adds one to the row that counts; some announce an event that makes them long, up to two megabytes; some
 * share a frame. How frames are compressed is mixed.
 */
export function numberedFrames(updates: number, querySetId: number): NumberedFrames {
  const random = seededRandom(7);
  const frames: NumberedFrame[] = [];
  let characters = 0;
  for (let done = 0; done < updates;) {
    const count = Math.min(updates - done, random.chance(0.1) ? 1 + random.below(50) : 1);
    const messages: Uint8Array[] = [];
    for (const last = done + count; done < last;) {
      const text = 'a numbered update '.repeat(repeatsOf(++done, random));
      characters += text.length;
      messages.push(encode(serverMessageCodec, update(querySetId, done, text)));
    }
    frames.push(frameOf(Buffer.concat(messages), random.pick(['none', 'gzip', 'brotli'])));
  }
  return { frames, characters };
}

/** Most updates are short: together they must not take long. */
function repeatsOf(number: number, random: SeededRandom): number {
  if (number % 1000 === 0) return 2_000_000 / 18;
  if (number % 100 === 0) return random.below(10_000);
  return number % 10 === 0 ? random.below(500) : 0;
}

function update(querySetId: number, number: number, what: string): ServerMessage {
  const counted: TableUpdate = {
    table: 'setting',
    rows: [{ tag: 'PersistentTable', inserts: counterRow(number), deletes: counterRow(number - 1) }],
  };
  const events = rowListOf([encode(chatEventCodec, { room: number, what })]);
  const announced: TableUpdate = { table: 'chat_event', rows: [{ tag: 'EventTable', events }] };
  return {
    tag: 'TransactionUpdate',
    querySets: [{ querySetId, tables: what === '' ? [counted] : [announced, counted] }],
  };
}

function frameOf(payload: Uint8Array, compression: Compression): NumberedFrame {
  const tag = Uint8Array.of(compressionTags[compression]);
  return { bytes: Buffer.concat([tag, compressed(payload, compression)]), compression, size: payload.length };
}

function compressed(payload: Uint8Array, compression: Compression): Uint8Array {
  switch (compression) {
    case 'none':
      return payload;
    case 'gzip':
      return gzipSync(payload, { level: 1 });
    case 'brotli':
      return brotliCompressSync(payload, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
  }
}
