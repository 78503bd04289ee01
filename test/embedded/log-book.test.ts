import { describe, expect, test } from 'vitest';
import { LogBook } from '../../src/embedded/log-book.ts';
import { type LogRecord } from '../../src/embedded/log-record.ts';

const record = (message: string, more: Partial<LogRecord> = {}): LogRecord => ({
  level: 'info',
  timestamp: 1_700_000_000_000_001n,
  target: undefined,
  filename: undefined,
  lineNumber: undefined,
  functionName: undefined,
  message,
  ...more,
});

describe('LogBook', () => {
  test('prints a line as a server does, without what is not known', () => {
    const book = new LogBook();
    book.add(record('a "quoted"\ntext'));
    book.add(record('b', { level: 'panic', target: 't', filename: 'f.rs', lineNumber: 7, functionName: 'run' }));
    expect(book.print(2)).toBe(
      '{"level":"Info","ts":1700000000000001,"message":"a \\"quoted\\"\\ntext"}\n' +
        '{"level":"Panic","ts":1700000000000001,"target":"t","filename":"f.rs","line_number":7,"function":"run","message":"b"}\n',
    );
  });

  test('prints the last lines, the oldest first', () => {
    const book = new LogBook();
    for (const message of ['a', 'b', 'c']) book.add(record(message));
    expect(book.print(2)).toMatch(/"b".*\n.*"c"/);
    expect(book.print(2)).not.toContain('"a"');
    expect(book.print(0)).toBe('');
  });

  test('tells a listener what was written before it came, too', () => {
    const book = new LogBook();
    book.add(record('a'));
    const heard: string[] = [];
    book.listen(({ message }) => heard.push(message));
    book.add(record('b'));
    expect(heard).toEqual(['a', 'b']);
  });

  test('forgets what is old', () => {
    const book = new LogBook();
    for (let index = 0; index < 25_000; index++) book.add(record(`line ${index}`));
    const lines = book.print(1_000_000).trim().split('\n');
    expect(lines).toHaveLength(10_000);
    expect(lines.at(-1)).toContain('line 24999');
  });
});
