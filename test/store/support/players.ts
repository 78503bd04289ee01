import { stringCodec, u32Codec, u8Codec } from '../../../src/bsatn/basic-codecs.ts';
import { Identity, identityCodec } from '../../../src/bsatn/special/identity.ts';
import { type KeyedTableDefinition } from '../../../src/store/definition.ts';
import { type KeyedTable, type OrderedIndex, type UniqueIndex } from '../../../src/store/handles.ts';
import { createKeyedTable } from '../../../src/store/table-handles.ts';
import { createOrderedIndex, createUniqueIndex } from '../../../src/store/table-indexes.ts';
import { changesIn, tableOf, TestStore } from './rows.ts';
import { type Color, colorCodec } from './tables.ts';

/** A row of the table `player`. */
export interface Player {
  readonly id: number;
  readonly name: string;
  readonly room: number;
  readonly slot: number;
  readonly owner: Identity;
  readonly color: Color;
}

/** A table with columns of every kind that an index can have. */
export const players: KeyedTableDefinition<Player, number> = {
  ...tableOf<Player>('player', {
    id: { name: 'id', codec: u32Codec },
    name: { name: 'name', codec: stringCodec },
    room: { name: 'room', codec: u8Codec },
    slot: { name: 'slot', codec: u8Codec },
    owner: { name: 'owner', codec: identityCodec },
    color: { name: 'color', codec: colorCodec },
  }),
  keyColumn: 'id',
  keyOf: (row) => row.id,
};

/** The player of this id. */
export function player(id: number, changes: Partial<Player> = {}): Player {
  return {
    id,
    name: `p${id}`,
    room: 1,
    slot: id,
    owner: new Identity(BigInt(id % 2)),
    color: { tag: 'Red' },
    ...changes,
  };
}

/** A table of players with two indexes, and how its rows change. */
export interface PlayersFixture {
  readonly server: TestStore;
  readonly table: KeyedTable<Player, number>;
  readonly byName: UniqueIndex<Player, string>;
  readonly byPlace: OrderedIndex<Player, readonly [number, number]>;
  readonly insert: (...rows: readonly Player[]) => void;
  readonly replace: (from: Player, to: Player) => void;
}

/** An empty table of players. */
export function playersFixture(): PlayersFixture {
  const server = new TestStore();
  const table = createKeyedTable(server.store, players);
  return {
    server,
    table,
    byName: createUniqueIndex(table, {
      columnsOf: (row: Player) => [row.name],
      columnsOfKey: (name: string) => [name],
    }),
    byPlace: createOrderedIndex(table, { columnsOf: (row): readonly [number, number] => [row.room, row.slot] }),
    insert: (...inserts) => server.step(changesIn(1, players, { inserts })),
    replace: (from, to) => server.step(changesIn(1, players, { deletes: [from], inserts: [to] })),
  };
}
