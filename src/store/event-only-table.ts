import { bytesToKey } from '../bsatn/bytes.ts';
import { SchemaError } from '../errors.ts';
import { type TableDefinition } from './definition.ts';
import { type EventContext } from './event-context.ts';
import { rowBytes, RowReader } from './row-reader.ts';
import { type RowUpdate } from './step.ts';
import { type StoreTable, type TableStep } from './store-table.ts';
import { insertEvents, type StepBatch } from './table-diff.ts';
import { type StepClock, TableEvents } from './table-events.ts';
import { TableSubscription } from './table-subscription.ts';

/** A table whose rows are announced and not kept. */
export class EventOnlyTable<Row> implements StoreTable {
  readonly name: string;
  readonly definition: TableDefinition<Row>;
  readonly subscription: TableSubscription = new TableSubscription();
  readonly events: TableEvents<Row>;

  constructor(definition: TableDefinition<Row>, clock: StepClock) {
    this.name = definition.name;
    this.definition = definition;
    this.events = new TableEvents(clock);
  }

  get shape(): string | undefined {
    return this.definition.shape;
  }

  readonly isInAllTables: boolean = false;
  readonly size: number = 0;
  readonly watched: number = 0;

  querySetIds(): Iterable<number> {
    return [];
  }

  holds(): boolean {
    return false;
  }

  readonly persistence: undefined = undefined;

  persist(): void {}

  evidenceOf(): readonly never[] {
    return [];
  }

  overlaid(): undefined {
    return undefined;
  }

  beginStep(): TableStep {
    return new EventTableStep(this);
  }
}

/** A row that was announced, with its bytes as key. */
interface AnnouncedRow<Row> {
  readonly key: string;
  readonly row: Row;
}

class EventTableStep<Row> implements TableStep {
  readonly #table: EventOnlyTable<Row>;
  readonly #bySet = new Map<number, AnnouncedRow<Row>[]>();
  #rows: readonly Row[] = [];
  #batch: StepBatch<Row> | undefined;

  constructor(table: EventOnlyTable<Row>) {
    this.#table = table;
  }

  read(querySetId: number, rows: RowUpdate): void {
    const { name, definition } = this.#table;
    if (rows.tag === 'PersistentTable') {
      const message = `the server keeps rows of table ${name}, which the generated code takes for an event table; run \`generate\` and build again`;
      throw new SchemaError(message, { table: name });
    }
    const reader = new RowReader(definition, rows.events);
    const announced = this.#bySet.get(querySetId) ?? [];
    this.#bySet.set(querySetId, announced);
    for (let index = 0; index < rows.events.length; index++) {
      announced.push({ key: bytesToKey(rowBytes(rows.events, index)), row: reader.read(index) });
    }
  }

  leaveOut(querySetId: number): void {
    this.#bySet.delete(querySetId);
  }

  stage(): void {
    this.#rows = mostOfAnySet([...this.#bySet.values()]);
  }

  get isVisible(): boolean {
    return this.#rows.length > 0;
  }

  readonly isPendingChanged: boolean = false;

  get isHeard(): boolean {
    return this.#table.events.isHeard;
  }

  settleBatch(): void {}

  applyRows(): void {}

  writeRowSignals(): void {}

  writeIndexSignals(): void {}

  writeVersion(): void {}

  writePending(): void {}

  announce(context: EventContext): void {
    this.#batch = this.#table.events.announce(context, insertEvents(this.#rows));
  }

  writeBatch(): void {
    if (this.#batch !== undefined) this.#table.events.writeBatch(this.#batch);
  }
}

/** Each row as often as the set that announces it most often does: several sets announce the same row, one set repeats it on purpose. */
function mostOfAnySet<Row>(sets: readonly (readonly AnnouncedRow<Row>[])[]): readonly Row[] {
  const [only] = sets;
  if (sets.length === 1 && only !== undefined) return only.map(({ row }) => row);
  const most = new Map<string, number>();
  const rows: Row[] = [];
  for (const set of sets) {
    const inSet = new Map<string, number>();
    for (const { key, row } of set) {
      const count = (inSet.get(key) ?? 0) + 1;
      inSet.set(key, count);
      if (count <= (most.get(key) ?? 0)) continue;
      most.set(key, count);
      rows.push(row);
    }
  }
  return rows;
}
