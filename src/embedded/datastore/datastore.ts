import { type ModuleModel } from '../../module-def/model.ts';
import { errno, HostError } from '../errno.ts';
import { noSourceColumns, type SourceColumns } from '../source-names.ts';
import { schemaOf, Table } from './table.ts';
import { type TableIndex } from './table-index.ts';

/** Numbers below are those of system tables on a real server. */
const firstId = 4096;

/** An index together with its table. */
export interface IndexEntry {
  readonly table: Table;
  readonly index: TableIndex;
}

/** All tables of a database, found by the names and numbers that a module uses. */
export class Datastore {
  readonly tables: readonly Table[];
  readonly #tablesByName = new Map<string, Table>();
  readonly #tablesById = new Map<number, Table>();
  readonly #indexesByName = new Map<string, IndexEntry>();
  readonly #indexesById = new Map<number, IndexEntry>();

  /** Throws a `RangeError` when a type reference leads nowhere. */
  constructor(model: ModuleModel, source: SourceColumns = noSourceColumns) {
    let lastIndexId = firstId;
    const nextIndexId = (): number => lastIndexId++;
    this.tables = model.tables.map((table, position) => {
      const schema = schemaOf(table, model.typespace, source.tables[position]);
      return new Table(firstId + position, table, schema, nextIndexId);
    });
    for (const table of this.tables) this.#register(table);
  }

  /** Modules know tables and indexes by the names of their source, SQL by canonical ones, which win. */
  #register(table: Table): void {
    this.#tablesById.set(table.id, table);
    if (!this.#tablesByName.has(table.model.name.source)) this.#tablesByName.set(table.model.name.source, table);
    this.#tablesByName.set(table.name, table);
    for (const index of table.indexes) {
      const entry = { table, index };
      this.#indexesById.set(index.id, entry);
      const { source, canonical } = index.model.name;
      if (!this.#indexesByName.has(source)) this.#indexesByName.set(source, entry);
      this.#indexesByName.set(canonical, entry);
    }
  }

  /** The table of a canonical name or of one in the module's source. */
  findTable(name: string): Table | undefined {
    return this.#tablesByName.get(name);
  }

  /** Throws a {@link HostError}. */
  tableNamed(name: string): Table {
    const table = this.#tablesByName.get(name);
    if (table === undefined) throw new HostError(errno.noSuchTable, `no table ${name}`);
    return table;
  }

  /** Throws a {@link HostError}. */
  table(id: number): Table {
    const table = this.#tablesById.get(id >>> 0);
    if (table === undefined) throw new HostError(errno.noSuchTable, `no table with the id ${id >>> 0}`);
    return table;
  }

  /** Throws a {@link HostError}. */
  indexNamed(name: string): IndexEntry {
    const entry = this.#indexesByName.get(name);
    if (entry === undefined) throw new HostError(errno.noSuchIndex, `no index ${name}`);
    return entry;
  }

  /** Throws a {@link HostError}. */
  index(id: number): IndexEntry {
    const entry = this.#indexesById.get(id >>> 0);
    if (entry === undefined) throw new HostError(errno.noSuchIndex, `no index with the id ${id >>> 0}`);
    return entry;
  }
}
