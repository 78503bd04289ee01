import { effect } from '@preact/signals-core';
import { describe, expect, test } from 'vitest';
import { createSingleRow } from '../../src/store/single-row.ts';
import { createPlainTable } from '../../src/store/table-handles.ts';
import { changesIn, TestStore } from './support/rows.ts';
import { type LogLine, logLines } from './support/tables.ts';

const [hello, other]: readonly [LogLine, LogLine] = [
  { level: 1, text: 'hello' },
  { level: 2, text: 'other' },
];

describe('the single row of a view', () => {
  test('is undefined while there is none', () => {
    const server = new TestStore();
    const single = createSingleRow(createPlainTable(server.store, logLines), { required: false });
    const seen: (LogLine | undefined)[] = [];
    effect(() => void seen.push(single.value));
    server.step(changesIn(1, logLines, { inserts: [hello] }));
    server.step(changesIn(1, logLines, { deletes: [hello], inserts: [other] }));
    server.forget([1]);
    expect(seen).toEqual([undefined, hello, other, undefined]);
  });

  test('that is required throws when it is read empty, and names the view', () => {
    const server = new TestStore();
    const single = createSingleRow(createPlainTable(server.store, logLines), { required: true });
    expect(() => single.value).toThrow(/log_line.*subscribed/);
    server.step(changesIn(1, logLines, { inserts: [hello] }));
    expect(single.value).toEqual(hello);
    server.forget([1]);
    expect(() => single.value).toThrow('log_line');
  });
});
