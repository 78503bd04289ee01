/**
 * What generated code imports, and the only thing it imports. Nothing here is meant for other callers: it may change with the generator, whose output
 * names the format it was written for.
 */
import { type ProcedureDefinition } from './calls/definition.ts';
import { type CallOptions } from './calls/pending-calls.ts';
import { createProcedureCalls } from './calls/procedure-calls.ts';
import { type ClientCore } from './client-core.ts';
import { type KeyedTableDefinition, type KeyValue, type TableDefinition } from './store/definition.ts';
import { type EventTable, type KeyedTable, type PlainTable } from './store/handles.ts';
import { createEventTable, createKeyedTable, createPlainTable } from './store/table-handles.ts';

export { type ReadonlySignal } from '@preact/signals-core';
export * from './bsatn/index.ts';
export { ProcedureDefinition, ReducerDefinition } from './calls/definition.ts';
export { type CallOptions } from './calls/pending-calls.ts';
export { type TransactionResult } from './calls/result.ts';
export { Client, createClient } from './client.ts';
export { type ClientCore } from './client-core.ts';
export {
  type ModuleStamp,
  type OnReducer,
  type ProcedureCall,
  type ProcedureCallWithoutArgs,
  type ReducerCall,
  type ReducerCallOptions,
  type ReducerCallWithoutArgs,
  type ReducerContext,
} from './client-types.ts';
export { type ModuleShape } from './drift/compare.ts';
export { type ListenerOptions, type Unsubscribe } from './listeners.ts';
export { type ClientOptions } from './options.ts';
export {
  type ColumnDefinition,
  type ColumnDefinitions,
  type IndexDefinition,
  type KeyedTableDefinition,
  type KeyValue,
  type TableDefinition,
  type UniqueIndexDefinition,
} from './store/definition.ts';
export {
  type EventTable,
  type HashIndex,
  type KeyedTable,
  type OrderedIndex,
  type PlainTable,
  type UniqueIndex,
  type UniqueOrderedIndex,
} from './store/handles.ts';
export { createSingleRow as singleRow } from './store/single-row.ts';
export {
  createHashIndex as hashIndex,
  createOrderedColumn as orderedColumn,
  createOrderedIndex as orderedIndex,
  createUniqueIndex as uniqueIndex,
  createUniqueOrderedColumn as uniqueOrderedColumn,
  createUniqueOrderedIndex as uniqueOrderedIndex,
} from './store/table-indexes.ts';
export { tableQuery, type TableQuery } from './subscription/table-query.ts';

/** Calls a procedure. What does that comes from here, so that a client of a module without procedures need not carry it. */
export function callProcedure<Args, Returned>(
  core: ClientCore,
  definition: ProcedureDefinition<Args, Returned>,
  args: Args,
  options?: CallOptions,
): Promise<Returned> {
  return core.procedureCalls(createProcedureCalls).call(definition, args, options);
}

/** Adds an event table to the client. */
export function eventTable<Row>(core: ClientCore, definition: TableDefinition<Row>): EventTable<Row> {
  return createEventTable(core.store, definition);
}

/** Adds a table without primary key to the client. */
export function plainTable<Row>(core: ClientCore, definition: TableDefinition<Row>): PlainTable<Row> {
  return createPlainTable(core.store, definition);
}

/** Adds a table with a primary key to the client. */
export function keyedTable<Row, Key extends KeyValue>(
  core: ClientCore,
  definition: KeyedTableDefinition<Row, Key>,
): KeyedTable<Row, Key> {
  return createKeyedTable(core.store, definition);
}
