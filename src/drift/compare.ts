import { type FunctionShape, type ModuleShape, type NamedShape, type TableShape } from '../module-def/index.ts';
import { canRead, canWrite, typeFit } from './type-fit.ts';

export { type ModuleShape } from '../module-def/index.ts';

/**
 * What of a server does not fit the generated code, in one sentence for each table, reducer or procedure. Plain data: what finds it out is built apart from
 * the rest of the package, and has no classes in common with it.
 */
export interface Misfit {
  readonly message: string;
  /** The wire name of a table, and of the first of its columns that differs. */
  readonly table?: string;
  readonly column?: string;
  /** The wire name of a reducer or procedure. */
  readonly reducer?: string;
  readonly procedure?: string;
  /** Of a table: rows may come that can be read, and others that cannot. */
  readonly isReadable?: true;
}

/** What a server's answer cannot say, because its version does not know it. */
export interface ShapeLimits {
  /** Whether it says which tables are event tables, and what the primary keys of views are. */
  readonly isComplete: boolean;
}

/**
 * Compares what the generated code expects of a module with what a server says of the one it runs. What changes neither how rows are read nor what they are
 * known by harms nobody: what is new on the server, a key where the code has none, variants that are gone.
 */
export function compareShapes(expected: ModuleShape, actual: ModuleShape, limits: ShapeLimits): readonly Misfit[] {
  const known = byName(actual.tables);
  return [
    ...expected.tables.flatMap((table) => tableMisfit(table, known.get(table.name), limits) ?? []),
    ...functionMisfits('reducer', expected.reducers, actual.reducers),
    ...functionMisfits('procedure', expected.procedures, actual.procedures),
  ];
}

/** One thing that differs, and the column it is about. */
interface Difference {
  readonly text: string;
  readonly column?: string;
  /** Of variants that are new: the others can be read. */
  readonly isReadable?: true;
}

const most = 4;

function tableMisfit(expected: TableShape, actual: TableShape | undefined, limits: ShapeLimits): Misfit | undefined {
  const { name: table } = expected;
  if (actual === undefined) {
    return {
      table,
      message: `the server has no table ${table} any more, which the generated code knows; run \`generate\` and build again`,
    };
  }
  const differences = [
    ...columnDifferences(expected.columns, actual.columns),
    ...otherDifferences(expected, actual, limits),
  ];
  if (differences.length === 0) return undefined;
  const isReadable = differences.every((difference) => difference.isReadable);
  const what = isReadable
    ? 'may hold rows that the generated code cannot read'
    : 'of the server does not fit the generated code';
  const message = `table ${table} ${what}: ${sentence(differences)}; run \`generate\` and build again`;
  const column = differences.find((difference) => difference.column !== undefined)?.column;
  return { table, message, ...(column === undefined ? {} : { column }), ...(isReadable ? { isReadable } : {}) };
}

function sentence(differences: readonly Difference[]): string {
  const texts = differences.slice(0, most).map(({ text }) => text);
  const more = differences.length - texts.length;
  return [...texts, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

function columnDifferences(expected: readonly NamedShape[], actual: readonly NamedShape[]): Difference[] {
  const [ours, theirs] = [new Map(expected), new Map(actual)];
  const moved = movedNames(
    expected.flatMap(([name]) => (theirs.has(name) ? name : [])),
    actual.flatMap(([name]) => (ours.has(name) ? name : [])),
  );
  const differences: Difference[] = [];
  for (const [index, [column, type]] of expected.entries()) {
    const actualType = theirs.get(column);
    if (actualType === undefined) {
      differences.push({ column, text: `column ${column} (${type}) is gone` });
      continue;
    }
    const fit = typeFit(actualType, type);
    if (!canRead(fit)) {
      const text = `column ${column} is ${bothTypes(actualType, type)}`;
      differences.push({ column, text, ...(fit === 'other' ? {} : { isReadable: true }) });
    }
    if (moved.has(column)) {
      const place = actual.findIndex(([name]) => name === column);
      differences.push({
        column,
        text: `column ${column} is number ${place + 1} on the server and number ${index + 1} in the code`,
      });
    }
  }
  for (const [column, type] of actual)
    if (!ours.has(column)) differences.push({ column, text: `column ${column} (${type}) is new` });
  return differences;
}

function otherDifferences(expected: TableShape, actual: TableShape, { isComplete }: ShapeLimits): Difference[] {
  const [isEvent, isEventThere] = [expected.isEvent === true, actual.isEvent === true];
  if (isEvent !== isEventThere) {
    if (!isComplete) return [];
    const what = (announced: boolean): string => (announced ? 'announced' : 'stored');
    return [{ text: `its rows are ${what(isEventThere)} on the server and ${what(isEvent)} in the code` }];
  }
  // Rows without a key are known by all of their bytes, whatever the server knows them by.
  if (expected.key === undefined || expected.key === actual.key) return [];
  if (!isComplete && actual.key === undefined) return [];
  return [
    {
      text: `its primary key is ${actual.key ?? 'nothing'} on the server and ${expected.key} in the code`,
    },
  ];
}

/** The names that have to be taken out so that the rest is in the same order: as few as possible. */
function movedNames(left: readonly string[], right: readonly string[]): ReadonlySet<string> {
  const places = left.map((name) => right.indexOf(name));
  // Of each name the longest row of names in the right order that ends with it.
  const rows: (readonly number[])[] = [];
  for (const [index, place] of places.entries()) {
    let longest: readonly number[] = [];
    for (const [before, row] of rows.entries()) {
      if ((places[before] ?? 0) < place && row.length > longest.length) longest = row;
    }
    rows.push([...longest, index]);
  }
  const kept = new Set(rows.reduce((longest, row) => (row.length > longest.length ? row : longest), []));
  return new Set(left.filter((_, index) => !kept.has(index)));
}

function functionMisfits(
  what: 'reducer' | 'procedure',
  expected: readonly FunctionShape[],
  actual: readonly FunctionShape[],
): readonly Misfit[] {
  const known = byName(actual);
  return expected.flatMap((fn) => {
    const difference = functionDifference(fn, known.get(fn.name));
    if (difference === undefined) return [];
    return [
      {
        [what]: fn.name,
        message: `${what} ${fn.name} of the server does not fit the generated code: ${difference}; run \`generate\` and build again`,
      },
    ];
  });
}

/** Names of parameters are not on the wire: one that is called otherwise harms nobody. */
function functionDifference(expected: FunctionShape, actual: FunctionShape | undefined): string | undefined {
  if (actual === undefined) return 'it is gone';
  if (actual.isPrivate === true && expected.isPrivate !== true) return 'only the owner of the database may call it';
  const [ours, theirs] = [expected.parameters, actual.parameters];
  if (ours.length !== theirs.length) {
    const listOf = (parameters: readonly NamedShape[]): string => `(${parameters.map(([name]) => name).join(', ')})`;
    return `it takes ${listOf(theirs)} on the server and ${listOf(ours)} in the code`;
  }
  for (const [index, [name, type]] of ours.entries()) {
    const actualType = theirs[index]?.[1] ?? '';
    if (!canWrite(typeFit(actualType, type))) return `its argument ${name} is ${bothTypes(actualType, type)}`;
  }
  const [ourReturn = 'nothing', theirReturn = 'nothing'] = [expected.returns, actual.returns];
  return canRead(typeFit(theirReturn, ourReturn))
    ? undefined
    : `what it returns is ${bothTypes(theirReturn, ourReturn)}`;
}

function bothTypes(actual: string, expected: string): string {
  return `${excerpt(actual, expected)} on the server and ${excerpt(expected, actual)} in the code`;
}

const longestExcerpt = 120;
const shownBefore = 40;

/** The part of a long text where it begins to differ from another. */
function excerpt(text: string, other: string): string {
  if (text.length <= longestExcerpt) return text;
  let same = 0;
  while (same < text.length && text[same] === other[same]) same++;
  const start = Math.max(0, Math.min(same - shownBefore, text.length - longestExcerpt));
  const end = start + longestExcerpt;
  return `${start > 0 ? '…' : ''}${text.slice(start, end)}${end < text.length ? '…' : ''}`;
}

function byName<T extends { readonly name: string }>(shapes: readonly T[]): ReadonlyMap<string, T> {
  return new Map(shapes.map((shape) => [shape.name, shape]));
}
