import { encode } from '../../src/bsatn/codec.ts';
import { Timestamp } from '../../src/bsatn/special/timestamp.ts';
import { type RowList, rowListOf } from '../../src/wire/row-list.ts';
import { type ServerMessage } from '../../src/wire/server-message.ts';
import { type Player, playerCodec } from './generated/index.ts';
import { serverMessageCodec } from '../../test/support/message-codecs.ts';

/** How many different values the indexed column `hp` has; a filter on one finds every so manieth row. */
export const hpValues = 1000;

const letters = 'player-abcdefghi';

/** Row `id` in its `version`: on average 53 bytes of BSATN. Names are of 10 to 16 ASCII characters, so that a list of rows needs offsets. */
function playerOf(id: number, version = 0): Player {
  return {
    id,
    name: letters.slice(0, 4 + (id % 7)) + String(id % 1_000_000).padStart(6, '0'),
    x: (id % 1000) + 0.25,
    y: version + 0.5,
    z: 0.125,
    hp: id % hpValues,
    score: BigInt(id) * 1000n,
    lastSeen: new Timestamp(1_700_000_000_000_000n + BigInt(id)),
  };
}

/** These rows as a server would send them. */
function rowsOf(ids: Iterable<number>, version: number): RowList {
  return rowListOf(Array.from(ids, (id) => encode(playerCodec, playerOf(id, version))));
}

/** The ids from 0 to below `count`. */
function* idsBelow(count: number): Iterable<number> {
  for (let id = 0; id < count; id++) yield id;
}

/** The answer to a subscription: the rows of the ids below `count`. */
export function loadMessage(requestId: number, querySetId: number, count: number): Uint8Array {
  return bytesOf({
    tag: 'SubscribeApplied',
    requestId,
    querySetId,
    tables: [{ table: 'player', rows: rowsOf(idsBelow(count), 0) }],
  });
}

/** Makes such messages quickly, each in the same bytes: what it returned before is no longer what it was. */
export function loadMessages(count: number): (requestId: number, querySetId: number) => Uint8Array {
  const message = loadMessage(0, 0, count);
  const view = new DataView(message.buffer, message.byteOffset);
  return (requestId, querySetId) => {
    view.setUint32(1, requestId, true);
    view.setUint32(5, querySetId, true);
    return message;
  };
}

/** A transaction that takes the rows of these ids, which each of the query sets returns, from one version to another. */
export function updateMessage(
  querySetIds: readonly number[],
  ids: readonly number[],
  from: number,
  to: number,
): Uint8Array {
  const rows = { tag: 'PersistentTable', deletes: rowsOf(ids, from), inserts: rowsOf(ids, to) } as const;
  return bytesOf({
    tag: 'TransactionUpdate',
    querySets: querySetIds.map((querySetId) => ({ querySetId, tables: [{ table: 'player', rows: [rows] }] })),
  });
}

/** The BSATN of a message of the server: what is in a frame behind its compression byte. */
function bytesOf(message: ServerMessage): Uint8Array {
  return encode(serverMessageCodec, message);
}

/** Messages as one v3 frame: a byte that says that it is not compressed, and the messages. */
export function frameOf(...messages: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat([Uint8Array.of(0), ...messages]));
}
