/**
 * What these tests use of the package `spacetimedb`, in types of our own: the declarations that it ships resolve only under
 * `moduleResolution: bundler`, so that here the compiler finds nothing in them.
 */
import * as spacetimedb from 'spacetimedb';
import { type Rows, type SharedProcedures, type SharedReducers, type TableName } from './shared-types.ts';

/** Reads and writes one type. */
export interface OfficialType {
  serialize(writer: OfficialWriter, value: unknown): void;
  deserialize(reader: OfficialReader): unknown;
}

/** A type that can be a column with a name, a key or an index. */
interface OfficialColumn extends OfficialType {
  /** The name in the database where that differs from the name in the row. */
  name(name: string): OfficialColumn;
  primaryKey(): OfficialColumn;
  unique(): OfficialColumn;
  autoInc(): OfficialColumn;
  index(): OfficialColumn;
}

/** A cursor over bytes. */
interface OfficialReader {
  readonly remaining: number;
}

/** A buffer that grows. */
interface OfficialWriter {
  getBuffer(): Uint8Array;
}

type Types = Readonly<Record<string, OfficialType>>;
type SimpleType =
  | 'bool'
  | 'string'
  | `${'i' | 'u'}${8 | 16 | 32 | 64 | 128 | 256}`
  | 'f32'
  | 'f64'
  | 'identity'
  | 'connectionId'
  | 'timestamp'
  | 'timeDuration'
  | 'uuid';

/** The makers of types. */
interface OfficialTypes extends Readonly<Record<SimpleType, () => OfficialColumn>> {
  unit(): OfficialType;
  scheduleAt(): OfficialType;
  byteArray(): OfficialType;
  array(element: OfficialType): OfficialType;
  option(value: OfficialType): OfficialType;
  result(ok: OfficialType, err: OfficialType): OfficialType;
  object(name: string, fields: Types): OfficialType;
  enum(name: string, variants: Types): OfficialType;
  row(columns: Types): OfficialType;
}

/** One table, reducer or procedure of a module. */
interface OfficialItem {
  readonly accessorName?: string;
}

/** Who a client is. */
export interface OfficialIdentity {
  toHexString(): string;
}

/** A table in the cache of the package. */
interface OfficialTable {
  count(): bigint;
  iter(): Iterable<object>;
  onInsert(listener: (context: OfficialContext, row: object) => void): void;
  onUpdate(listener: (context: OfficialContext, oldRow: object, newRow: object) => void): void;
  onDelete(listener: (context: OfficialContext, row: object) => void): void;
}

/** Why a listener is called. */
export interface OfficialContext {
  readonly event: { readonly id: string; readonly tag: string };
}

/** A query set of the package. */
export interface OfficialSubscription {
  isActive(): boolean;
  isEnded(): boolean;
  unsubscribeThen(listener: () => void): void;
}

/** A comparison in a query. */
interface OfficialCondition {
  and(other: OfficialCondition): OfficialCondition;
  or(other: OfficialCondition): OfficialCondition;
}

/** A column in a query. */
interface OfficialColumnExpression {
  eq(other: unknown): OfficialCondition;
  ne(other: unknown): OfficialCondition;
  gt(other: unknown): OfficialCondition;
  lte(other: unknown): OfficialCondition;
}

/** The columns of `Row` in a query. */
type OfficialRowExpression<Row> = { readonly [Column in keyof Row]: OfficialColumnExpression };

/** A query that the package's query builder makes. */
export interface OfficialQuery {
  toSql(): string;
}

/** A query for rows of a table, which can be narrowed. */
interface OfficialTableQuery<Row> extends OfficialQuery {
  where(condition: (row: OfficialRowExpression<Row>) => OfficialCondition): OfficialTableQuery<Row>;
  /** The rows of this table for which `other` has a row that meets the condition. */
  leftSemijoin<Other>(
    other: OfficialTableQuery<Other>,
    on: (row: OfficialRowExpression<Row>, other: OfficialRowExpression<Other>) => OfficialCondition,
  ): OfficialTableQuery<Row>;
}

/** The bound tables in a query. */
export type OfficialTables = { readonly [Name in TableName]: OfficialTableQuery<Rows[Name]> };

/** SQL, or a function that makes queries with the query builder. */
export type OfficialQueries = readonly string[] | ((tables: OfficialTables) => readonly OfficialQuery[]);

/** What a subscription is made with. */
interface OfficialSubscriptionBuilder {
  onApplied(listener: () => void): this;
  onError(listener: (context: { readonly event: Error }) => void): this;
  subscribe(queries: OfficialQueries): OfficialSubscription;
}

/** A connection of the package to the reference module. */
export interface OfficialConnection {
  readonly db: Readonly<Record<TableName, OfficialTable>>;
  readonly reducers: SharedReducers;
  readonly procedures: SharedProcedures;
  readonly connectionId: OfficialIdentity;
  readonly isActive: boolean;
  subscriptionBuilder(): OfficialSubscriptionBuilder;
  disconnect(): void;
}

/** Makes connections. */
interface OfficialConnectionBuilder {
  withUri(uri: string): this;
  withDatabaseName(name: string): this;
  withToken(token: string | undefined): this;
  withCompression(compression: 'gzip' | 'none'): this;
  onConnect(listener: (connection: OfficialConnection, identity: OfficialIdentity, token: string) => void): this;
  onConnectError(listener: (context: unknown, error: Error) => void): this;
  onDisconnect(listener: (context: unknown, error: Error | undefined) => void): this;
  build(): OfficialConnection;
}

/** The exports of the package that are used here. */
export interface OfficialSdk {
  readonly t: OfficialTypes;
  table(options: { readonly name: string; readonly event?: boolean }, columns: Types): OfficialItem;
  schema(tables: Readonly<Record<string, OfficialItem>>): { readonly schemaType: object };
  reducerSchema(name: string, parameters: Types): OfficialItem;
  reducers(items: readonly OfficialItem[]): { readonly reducersType: object };
  procedureSchema(name: string, parameters: Types, returned: OfficialType): OfficialItem;
  procedures(items: readonly OfficialItem[]): object;
  makeQueryBuilder(module: object): OfficialTables;
  setGlobalLogLevel(level: 'warn'): void;
  readonly BinaryReader: new (bytes: Uint8Array) => OfficialReader;
  readonly BinaryWriter: new (capacity: number) => OfficialWriter;
  readonly DbConnectionImpl: new (config: unknown) => OfficialConnection;
  readonly DbConnectionBuilder: new (
    module: object,
    create: (config: unknown) => OfficialConnection,
  ) => OfficialConnectionBuilder;
  readonly SenderError: new () => Error;
  readonly InternalError: new () => Error;
  readonly Identity: new (hex: string) => OfficialIdentity;
  readonly Timestamp: new (micros: bigint) => object;
}

const functions: readonly (keyof OfficialSdk)[] = [
  'table',
  'schema',
  'reducerSchema',
  'reducers',
  'procedureSchema',
  'procedures',
  'makeQueryBuilder',
  'setGlobalLogLevel',
  'BinaryReader',
  'BinaryWriter',
  'DbConnectionImpl',
  'DbConnectionBuilder',
  'SenderError',
  'InternalError',
  'Identity',
  'Timestamp',
];

/** The package. */
export const sdk: OfficialSdk = sdkOf(spacetimedb);

function sdkOf(exports: object): OfficialSdk {
  const missing = functions.filter((name) => typeof Reflect.get(exports, name) !== 'function');
  if (missing.length > 0) throw new TypeError(`the package spacetimedb does not export ${missing.join(', ')}`);
  if (!isSdk(exports)) throw new TypeError('the package spacetimedb does not export t');
  return exports;
}

function isSdk(exports: object): exports is OfficialSdk {
  return 't' in exports && typeof exports.t === 'object' && exports.t !== null;
}
