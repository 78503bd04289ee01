import { type NamedType } from '../bsatn/algebraic-type.ts';
import { type ModuleModel, type ModuleName, type TableModel, type ViewModel } from './model.ts';
import { toCamelCase } from './names.ts';
import { textHash } from './text-hash.ts';
import { TypeTexts } from './type-text.ts';

/** A name and the text of a type: `['level', 'U32']`. */
export type NamedShape = readonly [name: string, type: string];

/** What the rows of a table or view are, as far as clients have to know. */
export interface TableShape {
  /** The name on the wire. */
  readonly name: string;
  /** Whether its rows are announced and never stored. */
  readonly isEvent?: true;
  /** The column of the primary key. */
  readonly key?: string;
  /** The columns, in the order of the wire. */
  readonly columns: readonly NamedShape[];
}

/** What a reducer or procedure takes and gives. */
export interface FunctionShape {
  /** The name on the wire. */
  readonly name: string;
  readonly parameters: readonly NamedShape[];
  /** Of a procedure. */
  readonly returns?: string;
  /** Whether only the owner of the database may call it. */
  readonly isPrivate?: true;
}

/** What a client has to know of a module to talk to it. */
export interface ModuleShape {
  /** The tables and views, by their names on the wire. */
  readonly tables: readonly TableShape[];
  /** The reducers, by their names on the wire. */
  readonly reducers: readonly FunctionShape[];
  /** The procedures, by their names on the wire. */
  readonly procedures: readonly FunctionShape[];
}

/** The shape of a whole module, with those inside it. */
export function moduleShape(model: ModuleModel, prefix = ''): ModuleShape {
  const shapes = new Shapes(model, prefix);
  const inner = model.submodules.map(({ namespace, module }) => moduleShape(module, `${prefix}${namespace}.`));
  return {
    tables: [
      ...[...model.tables, ...model.views].map((each) => shapes.table(each)),
      ...inner.flatMap((each) => each.tables),
    ],
    reducers: [...model.reducers.map((each) => shapes.function(each)), ...inner.flatMap((each) => each.reducers)],
    procedures: [...model.procedures.map((each) => shapes.function(each)), ...inner.flatMap((each) => each.procedures)],
  };
}

/** The shapes of what is in one module; `prefix` stands before its names on the wire. */
export class Shapes {
  readonly #texts: TypeTexts;
  readonly #prefix: string;

  constructor(model: ModuleModel, prefix: string) {
    this.#texts = new TypeTexts(model.typespace);
    this.#prefix = prefix;
  }

  table(table: TableModel | ViewModel): TableShape {
    const isEvent = 'isEvent' in table && table.isEvent;
    const key = table.primaryKey === undefined ? undefined : table.columns[table.primaryKey]?.name;
    return {
      name: this.#wireName(table.name),
      // The rows of an event table are not stored, so that its key says nothing.
      ...(isEvent ? { isEvent } : key === undefined ? {} : { key }),
      columns: this.#named(table.columns, (name) => name),
    };
  }

  /** Parameters have no names on the wire, and are not spelt alike in all forms of a definition. */
  function(fn: {
    readonly name: ModuleName;
    readonly params: readonly NamedType[];
    readonly returns?: NamedType['type'];
    readonly isCallable: boolean;
  }): FunctionShape {
    return {
      name: this.#wireName(fn.name),
      parameters: this.#named(fn.params, toCamelCase),
      ...(fn.returns === undefined ? {} : { returns: this.#texts.of(fn.returns) }),
      ...(fn.isCallable ? {} : { isPrivate: true as const }),
    };
  }

  #wireName({ canonical }: ModuleName): string {
    return `${this.#prefix}${canonical}`;
  }

  #named(types: readonly NamedType[], nameOf: (name: string) => string): NamedShape[] {
    return types.map(({ name = '', type }) => [nameOf(name), this.#texts.of(type)]);
  }
}

/**
 * A hash of the shape of a table: of its columns in their order, with their types, of the primary key and of whether it is an event table. Rows that were
 * written under one hash can be read under the same, whatever else of the module has changed.
 */
export function tableShapeHash({ isEvent, key, columns }: TableShape): string {
  return textHash(JSON.stringify([isEvent === true, key ?? '', columns]));
}

/** A hash of what a function takes: of its parameters in their order, with their types. Arguments that were written under one hash fit under the same. */
export function parametersHash({ parameters }: FunctionShape): string {
  return textHash(JSON.stringify(parameters));
}
