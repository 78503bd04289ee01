import { type Typespace } from '../../bsatn/algebraic-type.ts';
import { type ModuleModel, type TableModel } from '../../module-def/model.ts';
import { TypeTexts } from '../../module-def/type-text.ts';
import { holdsOldValues } from './type-extension.ts';

/** What becomes of the rows of one table. */
export interface TableMigration {
  /** The BSATN that each row gets at its end: the defaults of the columns that were appended. */
  readonly appended: Uint8Array;
}

/** How the rows of one module go over to another. */
export interface Migration {
  /** By canonical name: the tables whose rows go over. */
  readonly tables: ReadonlyMap<string, TableMigration>;
  /** What is different, one line each, such as `table tag is new`. */
  readonly changes: readonly string[];
}

/** A migration, or what is in its way, one line each. */
export type MigrationPlan = { readonly migration: Migration } | { readonly problems: readonly string[] };

/** A table as one of the two modules has it. */
interface Side {
  readonly table: TableModel;
  readonly typespace: Typespace;
  readonly texts: TypeTexts;
}

/**
 * Plans how the rows of a module go over to a newer version of it. Tables may be added, and removed when they are empty; a table that has rows may get
 * columns at its end that have a default, and its sums variants at theirs. Indexes and access are free. `rowCount` is how many rows there are.
 */
export function planMigration(
  before: ModuleModel,
  after: ModuleModel,
  rowCount: (table: string) => number,
): MigrationPlan {
  const [oldSides, newSides] = [sidesOf(before), sidesOf(after)];
  const tables = new Map<string, TableMigration>();
  const [changes, problems]: [string[], string[]] = [[], []];
  for (const [name, old] of oldSides) {
    const rows = rowCount(name);
    const now = newSides.get(name);
    if (now === undefined) {
      if (rows === 0) changes.push(`table ${name} is gone`);
      else problems.push(`table ${name} is gone, which has ${countText(rows)}`);
      continue;
    }
    const difference = compareTables(old, now, rows);
    // What nobody has stored cannot be in the way.
    if (rows === 0) changes.push(...difference.changes, ...difference.problems);
    else {
      changes.push(...difference.changes);
      problems.push(...difference.problems);
      tables.set(name, { appended: difference.appended });
    }
  }
  for (const name of newSides.keys()) if (!oldSides.has(name)) changes.push(`table ${name} is new`);
  return problems.length > 0 ? { problems } : { migration: { tables, changes } };
}

function sidesOf({ tables, typespace }: ModuleModel): ReadonlyMap<string, Side> {
  const texts = new TypeTexts(typespace);
  return new Map(tables.map((table) => [table.name.canonical, { table, typespace, texts }]));
}

/** How one table differs. */
interface Difference {
  readonly changes: readonly string[];
  /** What is in the way of rows that are there. */
  readonly problems: readonly string[];
  readonly appended: Uint8Array;
}

function compareTables(old: Side, now: Side, rows: number): Difference {
  const kept = compareColumns(old, now);
  const added = newColumns(old.table, now.table, rows);
  const event = `${now.table.name.canonical} is ${now.table.isEvent ? 'an event table' : 'no event table'} now`;
  return {
    changes: [...kept.changes, ...added.changes],
    problems: [...(old.table.isEvent === now.table.isEvent ? [] : [event]), ...kept.problems, ...added.problems],
    appended: added.appended,
  };
}

/** The columns that were there before. */
function compareColumns(old: Side, now: Side): Pick<Difference, 'changes' | 'problems'> {
  const [changes, problems]: [string[], string[]] = [[], []];
  for (const [position, was] of old.table.columns.entries()) {
    const column = `${now.table.name.canonical}.${was.name}`;
    const is = now.table.columns[position];
    if (is === undefined || is.name !== was.name) {
      const isMoved = now.table.columns.some(({ name }) => name === was.name);
      problems.push(`${column} ${isMoved ? 'has another place among the columns' : 'is gone'}`);
      continue;
    }
    const [wasText, isText] = [old.texts.of(was.type), now.texts.of(is.type)];
    if (wasText === isText) continue;
    if (holdsOldValues([was.type, old.typespace], [is.type, now.typespace]))
      changes.push(`${column} has more variants`);
    else problems.push(`${column} was ${wasText} and is ${isText}`);
  }
  return { changes, problems };
}

/** The columns that were not. */
function newColumns(old: TableModel, now: TableModel, rows: number): Difference {
  const [changes, problems, appended]: [string[], string[], number[]] = [[], [], []];
  const defaults = new Map(now.defaults.map(({ column, value }) => [column, value]));
  for (const [position, { name = '' }] of now.columns.entries()) {
    if (old.columns.some((column) => column.name === name)) continue;
    const column = `${now.name.canonical}.${name}`;
    const value = defaults.get(position);
    if (position < old.columns.length) problems.push(`${column} is new and not behind the other columns`);
    else if (value === undefined) problems.push(`${column} is new and has no default for ${countText(rows)}`);
    else {
      changes.push(`${column} is new`);
      appended.push(...value);
    }
  }
  return { changes, problems, appended: Uint8Array.from(appended) };
}

function countText(rows: number): string {
  return rows === 1 ? '1 row' : `${rows} rows`;
}
