import { type Typespace } from '../../src/bsatn/algebraic-type.ts';
import { decode } from '../../src/bsatn/codec.ts';
import { codecOf } from '../../src/bsatn/composed-codec.ts';
import { type TableModel, toPascalCase } from '../../src/module-def/index.ts';

const longest = 40;

/** What rows have in a column that was added after they were written, as code; undefined for what is no short literal. */
export function defaultText(table: TableModel, column: number, typespace: Typespace): string | undefined {
  const bytes = table.defaults.find((each) => each.column === column)?.value;
  const type = table.columns[column]?.type;
  if (bytes === undefined || type === undefined) return undefined;
  try {
    const value = decode(codecOf(type, { typespace, variantTag: toPascalCase }), bytes, 'the default');
    const text = literalOf(value);
    return text !== undefined && text.length <= longest ? text : undefined;
  } catch {
    // Only a note is lost; a server would not have taken it.
    return undefined;
  }
}

function literalOf(value: unknown): string | undefined {
  switch (typeof value) {
    case 'bigint':
      return `${value}n`;
    case 'number':
    case 'boolean':
      return String(value);
    case 'string':
      // In backticks in a comment.
      return value.includes('`') ? undefined : JSON.stringify(value);
    default:
      return undefined;
  }
}
