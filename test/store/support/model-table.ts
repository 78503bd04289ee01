import { type RowEvent } from '../../../src/store/event-context.ts';
import { type RowBytes, type RowChanges } from '../../../src/store/step.ts';
import { decode } from '../../../src/bsatn/codec.ts';
import { type TableDefinition } from '../../../src/store/definition.ts';
import { textOf } from './model-server.ts';

/**
 * A table as simple as can be: an array of what each query set returns, filtered for everything. A row is shown while it is in there; what is
 * shown of a key is what came last.
 */
export class ModelTable<Row> {
  /** What is to be seen, by the text of the key. */
  shown: ReadonlyMap<string, Row> = new Map();
  readonly #definition: TableDefinition<Row>;
  readonly #keyOf: (row: Row) => unknown;
  #returned: readonly { readonly querySetId: number; readonly key: string }[] = [];

  constructor(definition: TableDefinition<Row>, keyOf: (row: Row) => unknown) {
    this.#definition = definition;
    this.#keyOf = keyOf;
  }

  /** Applies a step and says what it does, in words: kind and rows. */
  step(forget: readonly number[], changes: readonly RowChanges[]): readonly string[] {
    const before = this.shown;
    const own = changes.filter(({ table }) => table === this.#definition.name);
    const latest = new Map(before);
    this.#returned = this.#returned.filter(({ querySetId }) => !forget.includes(querySetId));
    for (const { querySetId, rows } of own) {
      if (rows.tag === 'PersistentTable') for (const row of this.#decode(rows.deletes)) this.#delete(querySetId, row);
    }
    for (const { querySetId, rows } of own) {
      if (rows.tag !== 'PersistentTable') continue;
      for (const row of this.#decode(rows.inserts)) {
        const key = textOf(this.#keyOf(row));
        this.#returned = [...this.#returned, { querySetId, key }];
        latest.set(key, row);
      }
    }
    this.shown = new Map([...latest].filter(([key]) => this.#returned.some((entry) => entry.key === key)));
    return differences(before, this.shown);
  }

  #delete(querySetId: number, row: Row): void {
    const key = textOf(this.#keyOf(row));
    const index = this.#returned.findIndex((entry) => entry.querySetId === querySetId && entry.key === key);
    if (index < 0) throw new Error(`the model server deletes what is not there: ${key}`);
    this.#returned = this.#returned.filter((_, other) => other !== index);
  }

  #decode(list: RowBytes): readonly Row[] {
    return Array.from({ length: list.length }, (_, index) =>
      decode(this.#definition.codec, list.data.slice(list.start(index), list.end(index)), 'a row'),
    );
  }
}

function differences<Row>(before: ReadonlyMap<string, Row>, after: ReadonlyMap<string, Row>): readonly string[] {
  const changes: string[] = [];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [from, to] = [textOf(before.get(key)), textOf(after.get(key))];
    if (from !== to) changes.push(`${from} > ${to}`);
  }
  return changes.sort();
}

/** Events in the words of the model. */
export function wordsOf<Row>(events: readonly RowEvent<Row>[]): readonly string[] {
  return events
    .map((event) => {
      switch (event.kind) {
        case 'insert':
          return `${textOf(undefined)} > ${textOf(event.row)}`;
        case 'update':
          return `${textOf(event.oldRow)} > ${textOf(event.newRow)}`;
        case 'delete':
          return `${textOf(event.row)} > ${textOf(undefined)}`;
      }
    })
    .sort();
}
