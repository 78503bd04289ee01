import { describe, expect, test } from 'vitest';
import { type Output, terminalOn } from '../../bench/demo/terminal.ts';

function record(more: Partial<Output>): { readonly lines: string[]; readonly output: Output } {
  const lines: string[] = [];
  return { lines, output: { write: (text) => lines.push(text), ...more } };
}

describe('the terminal', () => {
  test('is coloured where the stream has colours, and plain where it has none or is no terminal', () => {
    expect(terminalOn(record({ hasColors: () => true }).output).green('yes')).toBe('\u001B[32myes\u001B[39m');
    expect(terminalOn(record({ hasColors: () => false }).output).green('yes')).toBe('yes');
    expect(terminalOn(record({}).output).green('yes')).toBe('yes');
  });

  test('breaks the text of an item between words and puts the rest under its beginning', () => {
    const { lines, output } = record({ columns: 70 });
    terminalOn(output).item('✓', 'a title', 'some words that do not fit into the forty characters left');
    expect(lines).toEqual([
      `  ✓ a title                 some words that do not fit into the forty\n`,
      `${' '.repeat(28)}characters left\n`,
    ]);
  });

  test('does not break anything where nobody knows the width', () => {
    const { lines, output } = record({});
    terminalOn(output).item('✓', 'a title', 'word '.repeat(100).trim());
    expect(lines).toHaveLength(1);
  });
});
