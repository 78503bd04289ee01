import { type ConnectionId } from '../bsatn/special/connection-id.ts';
import { type Identity } from '../bsatn/special/identity.ts';

/** All that a database keeps: a database opened with it goes on where the other one was. */
export interface DatabaseImage {
  /** BSATN of the `RawModuleDef` that the rows were stored under. */
  readonly definition: Uint8Array;
  /** By canonical name. Of event tables there are sequences only. */
  readonly tables: ReadonlyMap<string, TableImage>;
  /** The clients that were connected: to the module they disconnect when the database is opened again. */
  readonly connections: readonly ConnectedClient[];
}

/** What is kept of one table. */
export interface TableImage {
  /** The BSATN of each row. */
  readonly rows: Iterable<Uint8Array>;
  /** The next number of each auto-increment column, by the number of the column. */
  readonly sequences: ReadonlyMap<number, bigint>;
}

/** A client with an open connection. */
export interface ConnectedClient {
  readonly identity: Identity;
  readonly connectionId: ConnectionId;
}
