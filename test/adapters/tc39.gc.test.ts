import { toTc39Signal } from 'spacetimedb-signals/tc39';
import { expect, test } from 'vitest';
import { storedTableOf } from '../../src/store/table-handles.ts';
import { entityFixture } from '../store/support/entity-fixture.ts';

test('bridges that nobody has any more leave nothing behind, and others stay', async () => {
  const { table } = entityFixture();
  const { watched } = storedTableOf(table);
  const kept = toTc39Signal(table.row(0));
  for (let id = 1; id < 1000; id++) toTc39Signal(table.row(id)).get();
  expect(storedTableOf(table).watched).toBe(watched + 1000);
  await expect
    .poll(() => {
      globalThis.gc?.();
      return storedTableOf(table).watched;
    })
    .toBe(watched + 1);
  expect(kept.get()).toBeUndefined();
});
