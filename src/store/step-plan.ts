import { type StoreTable, type TableStep } from './store-table.ts';

/** The tables of a step with their parts in it, in the order in which they were named. Mostly there is one. */
export class StepPlan {
  #parts: TableStep[] = [];
  #tables: StoreTable[] = [];

  /** The parts of all tables. */
  get parts(): readonly TableStep[] {
    return this.#parts;
  }

  /** The part of this table, which begins with it. */
  partOf(table: StoreTable): TableStep {
    const at = this.#tables.indexOf(table);
    const known = at === -1 ? undefined : this.#parts[at];
    if (known !== undefined) return known;
    const part = table.beginStep();
    if (this.#parts.length === 0) {
      // An empty array that is pushed to makes room for 16.
      this.#tables = [table];
      this.#parts = [part];
    } else {
      this.#tables.push(table);
      this.#parts.push(part);
    }
    return part;
  }
}
