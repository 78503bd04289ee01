import { expect, test } from 'vitest';
import { returnsWhole } from '../../src/sync/whole-table.ts';
import { tables } from '../generated/reference/index.ts';

test.each([
  [tables.note.toSql(), true],
  ['SELECT * FROM note', true],
  [' select *\nfrom note ', true],
  ['SELECT * FROM "note"', true],
  ['SELECT * FROM *', true],
  ['SELECT * FROM notes', false],
  ['SELECT * FROM "no""te"', false],
  ['SELECT * FROM note LIMIT 1', false],
  ["SELECT * FROM note WHERE folder = 'a'", false],
  ['SELECT note.* FROM note JOIN user ON note.owner = user.identity', false],
  [tables.note.where((note) => note.folder.eq('a')).toSql(), false],
])('%s returns every note: %s', (query, expected) => {
  expect(returnsWhole(query, 'note')).toBe(expected);
});
