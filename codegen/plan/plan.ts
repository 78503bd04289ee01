import { type FunctionShape, type TableShape } from '../../src/module-def/index.ts';
import { type NoneForm, type Use } from './use.ts';

/** Everything that generated code says, with all names chosen; what is left is to print it. Lists are sorted by canonical name. */
export interface Plan {
  readonly types: readonly TypePlan[];
  readonly tables: readonly TablePlan[];
  readonly reducers: readonly ReducerPlan[];
  readonly procedures: readonly ProcedurePlan[];
  readonly submodules: readonly SubmodulePlan[];
}

/** A module inside a module, with generated code of its own in a folder beside that of the outer one. */
export interface SubmodulePlan {
  /** What stands before its names on the wire, with that of the modules around it: `lib.auth`. */
  readonly path: string;
  /** Its folder, in the folder of the outer module. */
  readonly folder: string;
  /** What the code of the outer module exports its code as. */
  readonly exported: string;
  /** The properties of `tables`, `reducers` and `procedures` of the outer module. */
  readonly accessors: { readonly tables: string; readonly reducers: string; readonly procedures: string };
  /** Whether the client has a property of that name free for its tables. */
  readonly isOnClient: boolean;
  readonly plan: Plan;
}

/** A declared type, or the arguments of a function. */
export interface TypePlan {
  readonly name: string;
  /** The constant that holds its codec. */
  readonly codec: string;
  readonly doc: readonly string[];
  /** The fewest bytes a value takes. */
  readonly minSize: number;
  readonly shape: ShapePlan;
}

export type ShapePlan =
  | { readonly kind: 'product'; readonly fields: readonly FieldPlan[] }
  | { readonly kind: 'sum'; readonly variants: readonly VariantPlan[] }
  /** A sum without payloads whose values are strings. */
  | { readonly kind: 'strings'; readonly variants: readonly VariantPlan[] }
  | { readonly kind: 'alias'; readonly use: Use };

export interface FieldPlan {
  readonly property: string;
  /** The canonical name. */
  readonly wireName: string;
  readonly use: Use;
  readonly doc: readonly string[];
}

export interface VariantPlan {
  readonly tag: string;
  readonly wireName: string;
  /** Undefined for a variant without payload. */
  readonly payload: Use | undefined;
  /** What the source of the module says of it. */
  readonly doc: readonly string[];
}

/** A plan, and what its user should know about it, one line each. */
export interface PlanResult {
  readonly plan: Plan;
  readonly warnings: readonly string[];
}

/** What is generated, where there is a choice. */
export interface PlanOptions {
  /** Whether what only the owner of the database can see is generated too. */
  readonly includePrivate: boolean;
  /** How values of a sum without payloads look: as those of every sum, `{ tag: 'Idle' }`, or `'Idle'`. */
  readonly enums: 'object' | 'string';
  /** What `none` is. */
  readonly none: NoneForm;
}

/** A table or view. */
export interface TablePlan {
  readonly kind: 'keyed' | 'plain' | 'event';
  /** `option`: a view of at most one row. */
  readonly relation: 'table' | 'view' | 'option';
  readonly wireName: string;
  /** The property of `tables`. */
  readonly accessor: string;
  /** Whether the client has a property of that name free for it. */
  readonly isOnClient: boolean;
  /** The constant that holds its definition. */
  readonly definition: string;
  /** The interface of its handle. */
  readonly handle: string;
  readonly doc: readonly string[];
  readonly row: string;
  readonly columns: readonly FieldPlan[];
  readonly key: FieldPlan | undefined;
  readonly indexes: readonly IndexPlan[];
  /** What a server's table has to be like to fit. */
  readonly shape: TableShape;
  /** The columns with an index of their own, by which queries can join the table. */
  readonly joined: readonly FieldPlan[];
}

export interface IndexPlan {
  readonly kind: 'uniqueOrdered' | 'unique' | 'ordered' | 'hash';
  readonly accessor: string;
  /** The other properties that lead to it. */
  readonly aliases: readonly AliasPlan[];
  /** The constant that holds its definition. */
  readonly definition: string;
  readonly columns: readonly FieldPlan[];
}

export interface AliasPlan {
  readonly name: string;
  /** An alias that is there for those who come from the official client only. */
  readonly isDeprecated: boolean;
}

export interface FunctionPlan {
  readonly wireName: string;
  readonly accessor: string;
  /** The official client's spelling, where it differs. */
  readonly alias: string | undefined;
  /** The constant that holds its definition. */
  readonly definition: string;
  /** The type of its arguments; undefined where it has none. */
  readonly args: string | undefined;
  /** What the source of the module says of it. */
  readonly doc: readonly string[];
  /** What a server's function has to be like to fit. */
  readonly shape: FunctionShape;
}

export interface ReducerPlan extends FunctionPlan {
  /** The method that registers a listener. */
  readonly listener: string;
}

export interface ProcedurePlan extends FunctionPlan {
  readonly returns: Use;
}
