import { BsatnWriter } from '../../../src/bsatn/writer.ts';
import { type Codec } from '../../../src/bsatn/codec.ts';
import { type ColumnDefinitions, type TableDefinition } from '../../../src/store/definition.ts';
import { type EventContext, contextOf } from '../../../src/store/event-context.ts';
import { noRows, type RowBytes, type RowChanges, type Step, type StepResult } from '../../../src/store/step.ts';
import { createStore, type Store } from '../../../src/store/store.ts';

/** The codec of a row with these columns, as generated code would have it. */
function rowCodec<Row>(columns: ColumnDefinitions<Row>): Codec<Row> {
  const fields = Object.entries<{ readonly codec: Codec<unknown> }>(columns as never);
  return {
    read: (reader) => Object.fromEntries(fields.map(([property, { codec }]) => [property, codec.read(reader)])) as Row,
    write: (writer, row) => {
      for (const [property, { codec }] of fields) codec.write(writer, (row as Record<string, unknown>)[property]);
    },
    minSize: fields.reduce((sum, [, { codec }]) => sum + codec.minSize, 0),
  };
}

/** A definition whose codec reads the columns one after the other. */
export function tableOf<Row>(name: string, columns: ColumnDefinitions<Row>): TableDefinition<Row> {
  return { name, columns, codec: rowCodec(columns) };
}

/** Encoded rows as a message brings them. */
export function rowList<Row>(codec: Codec<Row>, rows: readonly Row[]): RowBytes {
  const writer = new BsatnWriter();
  const offsets = rows.map((row) => {
    const offset = writer.length;
    codec.write(writer, row);
    return offset;
  });
  const data = writer.finish();
  return {
    length: rows.length,
    data,
    start: (index) => offsets[index] ?? data.length,
    end: (index) => offsets[index + 1] ?? data.length,
  };
}

/** Rows given by their bytes. */
export function rawRows(...rows: readonly (readonly number[])[]): RowBytes {
  const bytes: Codec<readonly number[]> = {
    read: () => [],
    write: (writer, row) => writer.raw(Uint8Array.from(row)),
    minSize: 0,
  };
  return rowList(bytes, rows);
}

/** What changes in a stored table for one query of a set. */
export interface Changes<Row> {
  readonly inserts?: readonly Row[];
  readonly deletes?: readonly Row[];
}

/** The changes of one query of `querySetId` in a stored table. */
export function changesIn<Row>(querySetId: number, table: TableDefinition<Row>, changes: Changes<Row>): RowChanges {
  const { inserts = [], deletes = [] } = changes;
  return {
    querySetId,
    table: table.name,
    rows: {
      tag: 'PersistentTable',
      inserts: rowList(table.codec, inserts),
      deletes: rowList(table.codec, deletes),
    },
  };
}

/** The announcements of one query of `querySetId` in an event table. */
export function eventsIn<Row>(querySetId: number, table: TableDefinition<Row>, events: readonly Row[]): RowChanges {
  return { querySetId, table: table.name, rows: { tag: 'EventTable', events: rowList(table.codec, events) } };
}

/** Changes whose bytes need not be rows of the table. */
export function rawChangesIn(
  querySetId: number,
  table: string,
  inserts: RowBytes,
  deletes: RowBytes = noRows,
): RowChanges {
  return { querySetId, table, rows: { tag: 'PersistentTable', inserts, deletes } };
}

/** The context of a transaction of somebody else. */
export const somebody: EventContext = contextOf({ kind: 'unknownTransaction' });

/** A store whose errors are kept, and the steps of a server. */
export class TestStore {
  readonly errors: unknown[] = [];
  readonly store: Store;

  constructor(wrapCommit?: (run: () => void) => void) {
    const onError = (error: unknown): void => {
      this.errors.push(error);
    };
    this.store = createStore({ onError, wrapCommit });
  }

  /** Applies a step that has to go well. */
  step(...changes: readonly RowChanges[]): void {
    this.expectFine(this.perform({ changes }));
  }

  /** Takes query sets away, and lets changes follow in the same step. */
  forget(forget: readonly number[], ...changes: readonly RowChanges[]): void {
    this.expectFine(this.perform({ forget, changes }));
  }

  /** Applies a step and returns its outcome. */
  perform(step: Partial<Step>): StepResult {
    let outcome: StepResult | undefined;
    this.store.apply({ context: somebody, forget: [], changes: [], ...step }, (result) => {
      outcome = result;
    });
    if (outcome === undefined) throw new Error('the step was not applied at once');
    return outcome;
  }

  expectFine({ rejected, error }: StepResult): void {
    if (error !== undefined) throw error;
    for (const set of rejected) throw set.error;
  }
}
