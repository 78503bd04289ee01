import { contextOf, type EventContext, type RowEvent } from '../../../src/store/event-context.ts';
import { type KeyedTable } from '../../../src/store/handles.ts';
import { OptimisticChange } from '../../../src/store/overlay/optimistic-change.ts';
import { type PendingChanges } from '../../../src/store/overlay/pending-changes.ts';
import { createKeyedTable } from '../../../src/store/table-handles.ts';
import { type Changes, changesIn, TestStore } from './rows.ts';
import { type Entity, entities } from './tables.ts';

/** The context of a call that is under way. */
export const optimistic: EventContext = contextOf({ kind: 'optimistic', reducer: 'any', args: {} });
const rollback = contextOf({ kind: 'rollback', reducer: 'any', args: {} });

/** A store with one set over the entity table, in which calls are under way. */
export class OverlayFixture {
  readonly server: TestStore = new TestStore();
  readonly table: KeyedTable<Entity, number> = createKeyedTable(this.server.store, entities);
  readonly heard: string[] = [];

  constructor(...rows: readonly Entity[]) {
    if (rows.length > 0) this.remote({ inserts: rows });
    const hear = (event: RowEvent<Entity>): number => this.heard.push(`${event.context.event.kind} ${wordsOf(event)}`);
    this.table.onInsert(hear);
    this.table.onUpdate(hear);
    this.table.onDelete(hear);
  }

  insert(row: Entity): OptimisticChange {
    return OptimisticChange.insertRow(this.table, row);
  }

  update(oldRow: Entity, newRow: Entity): OptimisticChange {
    return OptimisticChange.updateRow(this.table, oldRow, newRow);
  }

  delete(row: Entity): OptimisticChange {
    return OptimisticChange.deleteRow(this.table, row);
  }

  call(...changes: readonly OptimisticChange[]): PendingChanges {
    const begin = this.server.store.prepare(changes);
    this.server.expectFine(this.server.perform({ context: optimistic, begin }));
    return begin;
  }

  /** The server answers with these rows, or refuses. */
  answer(call: PendingChanges, changes: Changes<Entity> = {}): void {
    this.server.expectFine(this.server.perform({ end: [call], changes: [changesIn(1, entities, changes)] }));
  }

  takeBack(...end: readonly PendingChanges[]): void {
    this.server.expectFine(this.server.perform({ context: rollback, end }));
  }

  remote(changes: Changes<Entity>): void {
    this.server.step(changesIn(1, entities, changes));
  }

  get names(): string {
    return this.table.rows.value.map(({ id, name }) => `${id}${name}`).join(' ');
  }

  get pending(): number[] {
    return [...this.table.pending.value];
  }
}

function wordsOf(event: RowEvent<Entity>): string {
  if (event.kind === 'update') return `${event.oldRow.id}${event.oldRow.name}>${event.newRow.name}`;
  return `${event.kind === 'insert' ? '+' : '-'}${event.row.id}${event.row.name}`;
}
