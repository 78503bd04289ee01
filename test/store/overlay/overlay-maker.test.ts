import { expect, test, vi } from 'vitest';
import { type OptimisticChange } from '../../../src/store/overlay/optimistic-change.ts';

// Nothing else may be tested here: what makes changes is known for good once it was used.
test('what lays changes over rows comes with what makes changes', async () => {
  vi.resetModules();
  const { createKeyedTable } = await import('../../../src/store/table-handles.ts');
  const { TestStore } = await import('../support/rows.ts');
  const { entities, entity } = await import('../support/tables.ts');
  const { store } = new TestStore();
  const table = createKeyedTable(store, entities);
  const byHand: OptimisticChange = { kind: 'insert', table: table.name, row: entity(1) };
  expect(() => store.prepare([byHand])).toThrow(
    `an optimistic change of table ${table.name}: make it with the OptimisticChange of this copy of the package`,
  );
  const { OptimisticChange } = await import('../../../src/store/overlay/optimistic-change.ts');
  const made = OptimisticChange.insertRow(table, entity(1));
  expect(made).toEqual(byHand);
  expect(store.prepare([byHand]).tables).toEqual(new Set([table.name]));
});
