/** The part of the reference module that both clients know in these tests, in the types of our generated code. */
import { type Procedures, type Reducers } from '../generated/reference/index.ts';
import type * as rows from '../generated/reference/types.ts';

/** The rows of the tables and views that are bound here, by their name in the code of both clients. */
export interface Rows {
  readonly user: rows.User;
  readonly note: rows.Note;
  readonly entity: rows.Entity;
  readonly message: rows.Message;
  readonly score: rows.Score;
  readonly setting: rows.Setting;
  readonly everyType: rows.EveryType;
  readonly chatEvent: rows.ChatEvent;
  readonly lobby: rows.Message;
  readonly me: rows.User;
  readonly myInbox: rows.Note;
}

/** The name of a bound table or view in the code. */
export type TableName = keyof Rows;

/** The name of a bound table or view that keeps its rows. */
export type StoredTableName = Exclude<TableName, 'chatEvent'>;

/** The reducers that are bound here. */
type ReducerName =
  | 'setName'
  | 'setStatus'
  | 'createNote'
  | 'updateNote'
  | 'overwriteNote'
  | 'deleteNote'
  | 'archiveFolder'
  | 'spawn'
  | 'moveMany'
  | 'despawn'
  | 'say'
  | 'announce'
  | 'addScore'
  | 'removeScore'
  | 'putSetting'
  | 'failWith'
  | 'panicWith'
  | 'writeThenFail'
  | 'noop';

/** What both clients offer to call a reducer. */
export type SharedReducers = {
  readonly [Name in ReducerName]: (args: Parameters<Reducers[Name]>[0]) => Promise<unknown>;
};

/** The procedures that are bound here, as both clients offer them. */
export type SharedProcedures = {
  readonly [Name in 'add' | 'divide' | 'slowSay']: (args: Parameters<Procedures[Name]>[0]) => Promise<unknown>;
};
