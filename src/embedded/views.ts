import { type NamedType } from '../bsatn/algebraic-type.ts';
import { type Identity } from '../bsatn/special/identity.ts';
import { type ModuleModel, type ViewModel } from '../module-def/model.ts';
import { type Row, RowLayout } from './datastore/row.ts';
import { sameValue } from './datastore/same-value.ts';
import { type TableDeltas } from './datastore/transaction.ts';
import { computing } from './death.ts';
import { decoding } from './datastore/table-index.ts';
import { type ViewReturn } from './module-host.ts';
import { ReadIndex, ReadSet } from './read-set.ts';
import {
  type ColumnValue,
  type Relation,
  type RelationDelta,
  type RelationSchema,
  type StoredRow,
} from './relation.ts';
import { relationColumns, type SourceColumns } from './source-names.ts';

/** What a transaction changed in a view: for one caller, or for everybody when the view is anonymous. */
export interface ViewDelta {
  /** The canonical name. */
  readonly view: string;
  /** `undefined`: an anonymous view. */
  readonly sender: Identity | undefined;
  readonly delta: RelationDelta;
}

/** What views need of the database around them. */
export interface ViewsHost {
  /** Runs the view's function and notes in `reads` what it reads. Throws when the function dies. */
  readonly run: (view: ViewModel, sender: Identity | undefined, reads: ReadSet) => ViewReturn;
  /** The rows of a query that a view answers with instead of rows; what it reads is noted in `reads`. Throws for a query that is wrong. */
  readonly query: (sql: string, sender: Identity | undefined, reads: ReadSet) => Iterable<StoredRow>;
}

/** The rows of a view for one caller, or for everybody. */
class MaterializedView implements Relation {
  readonly view: View;
  readonly sender: Identity | undefined;
  result: ViewResult;
  /** How many times it was acquired and not released. */
  holders = 0;

  constructor(view: View, sender: Identity | undefined, result: ViewResult) {
    this.view = view;
    this.sender = sender;
    this.result = result;
  }

  get schema(): RelationSchema {
    return this.view.schema;
  }

  get size(): number {
    return this.result.rows.size;
  }

  rows(): Iterable<StoredRow> {
    return this.result.rows.values();
  }

  rowsWhere(column: number, value: ColumnValue): Iterable<StoredRow> {
    return [...this.result.rows.values()].filter((row) => sameValue(row.value(column), value));
  }
}

interface ViewResult {
  readonly rows: ReadonlyMap<string, StoredRow>;
  readonly reads: ReadSet;
}

interface View {
  readonly model: ViewModel;
  readonly schema: RelationSchema;
  readonly layout: RowLayout;
  /** By sender; one under the empty key when the view is anonymous. */
  readonly materialized: Map<string, MaterializedView>;
}

/**
 * The views of a database. The result of a view is kept while somebody holds it, and computed again, within the committing transaction, when something
 * that it has read changed.
 */
export class Views {
  readonly #host: ViewsHost;
  readonly #views: ReadonlyMap<string, View>;
  readonly #readers = new ReadIndex<MaterializedView>();

  constructor(module: ModuleModel, source: SourceColumns, host: ViewsHost) {
    this.#host = host;
    const views = module.views.map((model, position): View => {
      const layout = new RowLayout(model.columns, module.typespace);
      return { model, schema: schemaOf(model, module, source.views[position]), layout, materialized: new Map() };
    });
    this.#views = new Map([
      ...views.map((view) => [view.model.name.source, view] as const),
      ...views.map((view) => [view.model.name.canonical, view] as const),
    ]);
  }

  /** What SQL has to know of each view. */
  schemas(): readonly RelationSchema[] {
    return [...new Set(this.#views.values())].map((view) => view.schema);
  }

  has(name: string): boolean {
    return this.#views.has(name);
  }

  /** The view's rows for a caller: those that are kept, otherwise computed for this call. Throws a `ViewFailure`. */
  relation(name: string, sender: Identity): Relation {
    const view = this.#named(name);
    const known = view.materialized.get(keyOf(view, sender));
    if (known !== undefined) return known;
    const forSender = view.model.isAnonymous ? undefined : sender;
    return new MaterializedView(view, forSender, this.#run(view, forSender));
  }

  /** As `relation`, and keeps the rows up to date until they are released as often as they were acquired. */
  acquire(name: string, sender: Identity): Relation {
    const view = this.#named(name);
    const key = keyOf(view, sender);
    let materialized = view.materialized.get(key);
    if (materialized === undefined) {
      const forSender = view.model.isAnonymous ? undefined : sender;
      materialized = new MaterializedView(view, forSender, this.#run(view, forSender));
      view.materialized.set(key, materialized);
      this.#readers.add(materialized, materialized.result.reads);
    }
    materialized.holders++;
    return materialized;
  }

  release(name: string, sender: Identity): void {
    const view = this.#named(name);
    const key = keyOf(view, sender);
    const materialized = view.materialized.get(key);
    if (materialized === undefined) throw new Error(`view ${name} is released without having been acquired`);
    materialized.holders--;
    if (materialized.holders > 0) return;
    view.materialized.delete(key);
    this.#readers.remove(materialized, materialized.result.reads);
  }

  /** Whether nobody for whom the view is kept sees any row of it. */
  isEmpty(name: string): boolean {
    return [...this.#named(name).materialized.values()].every((materialized) => materialized.size === 0);
  }

  /**
   * Computes again what read something that a transaction changed. Nothing is kept until `apply` is called, so that a view that fails can undo the whole
   * transaction. Throws a `ViewFailure`.
   */
  refresh(deltas: TableDeltas): ViewRefresh {
    if (deltas.size === 0) return nothingToRenew;
    const renewed = [...this.#readers.affected(deltas)].map((materialized) => {
      return { materialized, result: this.#run(materialized.view, materialized.sender) };
    });
    return {
      apply: () =>
        renewed.flatMap(({ materialized, result }): readonly ViewDelta[] => {
          const delta = difference(materialized.result.rows, result.rows);
          this.#replace(materialized, result);
          if (delta.inserted.length === 0 && delta.deleted.length === 0) return [];
          return [{ view: materialized.schema.name, sender: materialized.sender, delta }];
        }),
    };
  }

  #replace(materialized: MaterializedView, result: ViewResult): void {
    this.#readers.remove(materialized, materialized.result.reads);
    materialized.result = result;
    this.#readers.add(materialized, result.reads);
  }

  #run(view: View, sender: Identity | undefined): ViewResult {
    const reads = new ReadSet();
    const rows = computing(view.model.name.canonical, undefined, () => {
      const answer = this.#host.run(view.model, sender, reads);
      return [...(answer.tag === 'rows' ? readRows(view, answer.rows) : this.#host.query(answer.sql, sender, reads))];
    });
    return { rows: new Map(rows.map((row) => [row.key, row])), reads };
  }

  #named(name: string): View {
    const view = this.#views.get(name);
    if (view === undefined) throw new Error(`there is no view ${name}`);
    return view;
  }
}

/** New results of views, ready to take the place of the old ones. */
export interface ViewRefresh {
  /** Keeps the results; the answer is what changed. */
  readonly apply: () => readonly ViewDelta[];
}

const nothingToRenew: ViewRefresh = { apply: () => [] };

function readRows(view: View, bytes: Uint8Array): readonly Row[] {
  return decoding(() => view.layout.readList(bytes));
}

function keyOf(view: View, sender: Identity): string {
  return view.model.isAnonymous ? '' : sender.toHexString();
}

function difference(before: ReadonlyMap<string, StoredRow>, after: ReadonlyMap<string, StoredRow>): RelationDelta {
  return {
    inserted: [...after.values()].filter((row) => !before.has(row.key)),
    deleted: [...before.values()].filter((row) => !after.has(row.key)),
  };
}

function schemaOf(model: ViewModel, module: ModuleModel, source: readonly NamedType[] | undefined): RelationSchema {
  return {
    name: model.name.canonical,
    alias: model.name.source,
    columns: relationColumns(model.columns, source),
    indexes: [],
    isPublic: model.isPublic,
    isEvent: false,
    isView: true,
    typespace: module.typespace,
  };
}
