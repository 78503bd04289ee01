import {
  boolCodec,
  f64Codec,
  optionOf,
  stringCodec,
  u32Codec,
  u64Codec,
  u8Codec,
} from '../../../src/bsatn/basic-codecs.ts';
import { type Codec } from '../../../src/bsatn/codec.ts';
import { type Timestamp, timestampCodec } from '../../../src/bsatn/special/timestamp.ts';
import { type KeyedTableDefinition, type TableDefinition } from '../../../src/store/definition.ts';
import { tableOf } from './rows.ts';

/** A row of a table with a primary key. */
export interface Entity {
  readonly id: number;
  readonly room: number;
  readonly name: string;
}

/** The table of {@link Entity}. */
export const entities: KeyedTableDefinition<Entity, number> = {
  ...tableOf<Entity>('entity', {
    id: { name: 'id', codec: u32Codec },
    room: { name: 'room_id', codec: u8Codec },
    name: { name: 'name', codec: stringCodec },
  }),
  keyColumn: 'id',
  keyOf: (row) => row.id,
};

/** Makes an entity. */
export function entity(id: number, name: string = `e${id}`, room: number = 1): Entity {
  return { id, room, name };
}

/** A row of a table without a primary key. */
export interface LogLine {
  readonly level: number;
  readonly text: string;
}

/** The table of {@link LogLine}. */
export const logLines: TableDefinition<LogLine> = tableOf<LogLine>('log_line', {
  level: { name: 'level', codec: u8Codec },
  text: { name: 'text', codec: stringCodec },
});

/** A row of an event table. */
export interface Ping {
  readonly from: number;
}

/** The table of {@link Ping}. */
export const pings: TableDefinition<Ping> = tableOf<Ping>('ping', { from: { name: 'from', codec: u32Codec } });

/** A row with columns that are objects, absent, not a number. */
export interface Sample {
  readonly key: bigint;
  readonly value: number;
  readonly at: Timestamp;
  readonly note: string | undefined;
  readonly isGood: boolean;
}

/** The table of {@link Sample}. */
export const samples: KeyedTableDefinition<Sample, bigint> = {
  ...tableOf<Sample>('sample', {
    key: { name: 'key', codec: u64Codec },
    value: { name: 'value', codec: f64Codec },
    at: { name: 'at', codec: timestampCodec },
    note: { name: 'note', codec: optionOf(stringCodec) },
    isGood: { name: 'is_good', codec: boolCodec },
  }),
  keyColumn: 'key',
  keyOf: (row) => row.key,
};

/** A sum without payload, as generated code reads it. */
export interface Color {
  readonly tag: 'Red' | 'Green' | 'Blue';
}

const colors = ['Red', 'Green', 'Blue'] as const;

/** The codec of {@link Color}. */
export const colorCodec: Codec<Color> = {
  read: (reader) => {
    const tag = colors[reader.u8()];
    return tag === undefined ? reader.unknownTag('Color') : { tag };
  },
  write: (writer, { tag }) => writer.u8(colors.indexOf(tag)),
  minSize: 1,
};
