import { bytesToKey } from '../../bsatn/bytes.ts';
import { StorageError } from '../../errors.ts';
import { type ConnectedClient, type DatabaseImage, type TableImage } from '../database-image.ts';
import { type CommitRecord, type TableChange } from './journal.ts';
import { type LogRecord } from './log-records.ts';

interface TableState {
  readonly rows: Map<string, Uint8Array>;
  readonly sequences: Map<number, bigint>;
}

/** What a log comes to. */
export class ImageBuilder {
  readonly #tables = new Map<string, TableState>();
  readonly #connections = new Map<bigint, ConnectedClient>();
  #definition: Uint8Array | undefined;

  /** Throws a {@link StorageError} when the record cannot follow the ones before it. */
  add(record: LogRecord): void {
    if (record.tag === 'commit') this.#commit(record);
    else if (this.#definition === undefined) this.#definition = record.definition;
    else throw new StorageError('a log begins twice');
  }

  /** `undefined`: the log is empty. */
  image(): DatabaseImage | undefined {
    if (this.#definition === undefined) return undefined;
    const tables = new Map<string, TableImage>();
    for (const [name, { rows, sequences }] of this.#tables) tables.set(name, { rows: [...rows.values()], sequences });
    return { definition: this.#definition, tables, connections: [...this.#connections.values()] };
  }

  #commit({ client, tables }: CommitRecord): void {
    if (this.#definition === undefined) throw new StorageError('a log has a commit before its beginning');
    if (client?.kind === 'connected') this.#connections.set(client.connectionId.value, client);
    if (client?.kind === 'disconnected') this.#connections.delete(client.connectionId.value);
    for (const table of tables) this.#change(table);
  }

  #change({ table, deleted, inserted, sequences }: TableChange): void {
    const state = this.#tables.get(table) ?? {
      rows: new Map<string, Uint8Array>(),
      sequences: new Map<number, bigint>(),
    };
    this.#tables.set(table, state);
    for (const row of deleted) {
      if (!state.rows.delete(bytesToKey(row)))
        throw new StorageError(`a log deletes a row that table ${table} has not`);
    }
    for (const row of inserted) state.rows.set(bytesToKey(row), row);
    for (const [column, next] of sequences) state.sequences.set(column, next);
  }
}
