import { expect, test, vi } from 'vitest';
import { u32Codec } from '../../../src/bsatn/basic-codecs.ts';
import { TimeDuration, timeDurationCodec } from '../../../src/bsatn/special/time-duration.ts';
import { Timestamp } from '../../../src/bsatn/special/timestamp.ts';
import { type TableDefinition } from '../../../src/store/definition.ts';
import { PendingChanges } from '../../../src/store/overlay/pending-changes.ts';
import { tableOf } from '../support/rows.ts';
import { type Sample, samples } from '../support/tables.ts';

/** Whether `there` shows that `row` was inserted, as what is loaded on demand finds out: in a copy of its own of all classes. */
async function isSeen<Row>(definition: TableDefinition<Row>, row: Row, there: Row): Promise<boolean> {
  vi.resetModules();
  const copy = await import('../../../src/store/overlay/evidence.ts');
  const pending = new PendingChanges(new Set([definition.name]));
  return copy.isSeen(definition, { get: () => there }, { kind: 'insert', pending, key: 1n, row });
}

test('a row that differs in its timestamps only is the one that was predicted', async () => {
  const row: Sample = { key: 1n, value: 0, at: new Timestamp(5n), note: 'here', isGood: true };
  expect(await isSeen(samples, row, { ...row, at: new Timestamp(9n) })).toBe(true);
  expect(await isSeen(samples, row, { ...row, at: new Timestamp(9n), note: 'there' })).toBe(false);
});

test('a row that differs in a duration is another one', async () => {
  const laps = tableOf<{ readonly id: number; readonly took: TimeDuration }>('lap', {
    id: { name: 'id', codec: u32Codec },
    took: { name: 'took', codec: timeDurationCodec },
  });
  const row = { id: 1, took: new TimeDuration(5n) };
  expect(await isSeen(laps, row, { ...row })).toBe(true);
  expect(await isSeen(laps, row, { ...row, took: new TimeDuration(9n) })).toBe(false);
});
