import { type Typespace } from '../../src/bsatn/algebraic-type.ts';
import { type TableModel } from '../../src/module-def/index.ts';
import { defaultText } from './default-text.ts';
import { type Relation } from './plan-tables.ts';
import { type FieldPlan } from './plan.ts';

/** What the tables of a row type say about its columns; several tables may share one row type and disagree. */
export function columnNotes(
  relations: readonly Relation[],
  typespace: Typespace,
): (ref: number, field: FieldPlan) => readonly string[] {
  const tables = relations.flatMap((relation) => ('table' in relation ? [relation.table] : []));
  return (ref, field) => {
    const sharing = tables.filter(({ rowRef }) => rowRef === ref);
    const notes = sharing.map((table) => ({ table, note: noteOf(table, field, typespace) }));
    const [first] = notes;
    if (first === undefined) return [];
    if (notes.every(({ note }) => note === first.note)) return first.note === '' ? [] : [`${first.note}.`];
    return notes.flatMap(({ table, note }) => (note === '' ? [] : [`In \`${table.name.canonical}\`: ${note}.`]));
  };
}

function noteOf(table: TableModel, field: FieldPlan, typespace: Typespace): string {
  const column = table.columns.findIndex(({ name }) => name === field.wireName);
  const isUnique = table.uniqueConstraints.some((columns) => columns.length === 1 && columns[0] === column);
  const older = defaultText(table, column, typespace);
  const isKey = table.primaryKey === column && !table.isEvent;
  return [
    isKey ? 'Primary key' : '',
    isUnique && !isKey ? 'Unique' : '',
    table.indexes.some(({ columns }) => columns[0] === column) && !isUnique ? 'Indexed' : '',
    table.sequences.some((sequence) => sequence.column === column)
      ? 'Auto-increment: 0 asks the server for the next value'
      : '',
    older === undefined ? '' : `\`${older}\` in rows from before it was added`,
  ]
    .filter((note) => note !== '')
    .join('. ');
}
