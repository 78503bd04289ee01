import { type Typespace } from '../../src/bsatn/algebraic-type.ts';
import { type TableModel } from '../../src/module-def/index.ts';
import { defaultText } from './default-text.ts';
import { type Relation } from './plan-tables.ts';
import { type FieldPlan, type TablePlan } from './plan.ts';

/**
 * What the tables of a row type say about its columns; several tables may share one row type and disagree. `plans` are those of the relations, in their order:
 * a key or an index that is left out of the code is none to whoever reads it.
 */
export function columnNotes(
  relations: readonly Relation[],
  plans: readonly TablePlan[],
  typespace: Typespace,
): (ref: number, field: FieldPlan) => readonly string[] {
  const planned = plans.flatMap((plan, index) => {
    const relation = relations[index];
    return relation !== undefined && 'table' in relation ? [{ plan, table: relation.table }] : [];
  });
  return (ref, field) => {
    const sharing = planned.filter(({ table }) => table.rowRef === ref);
    const notes = sharing.map(({ table, plan }) => ({ table, note: noteOf(table, plan, field, typespace) }));
    const [first] = notes;
    if (first === undefined) return [];
    if (notes.every(({ note }) => note === first.note)) return first.note === '' ? [] : [`${first.note}.`];
    return notes.flatMap(({ table, note }) => (note === '' ? [] : [`In \`${table.name.canonical}\`: ${note}.`]));
  };
}

function noteOf(table: TableModel, { key, indexes }: TablePlan, field: FieldPlan, typespace: Typespace): string {
  const column = table.columns.findIndex(({ name }) => name === field.wireName);
  const isUnique = table.uniqueConstraints.some((columns) => columns.length === 1 && columns[0] === column);
  const older = defaultText(table, column, typespace);
  const isKey = key?.wireName === field.wireName;
  return [
    isKey ? 'Primary key' : '',
    isUnique && !isKey ? 'Unique' : '',
    indexes.some(({ columns }) => columns[0]?.wireName === field.wireName) && !isUnique ? 'Indexed' : '',
    table.sequences.some((sequence) => sequence.column === column)
      ? 'Auto-increment: 0 asks the server for the next value'
      : '',
    older === undefined ? '' : `\`${older}\` in rows from before it was added`,
  ]
    .filter((note) => note !== '')
    .join('. ');
}
