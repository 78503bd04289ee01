import { type AlgebraicType, type NamedType, type Typespace } from '../bsatn/algebraic-type.ts';

/** A name as the module's source has it, and as the server uses it on the wire and in SQL. */
export interface ModuleName {
  readonly source: string;
  readonly canonical: string;
}

/** One model of a module, whatever form its definition came in. Names inside the typespace are canonical. */
export interface ModuleModel {
  readonly typespace: Typespace;
  readonly types: readonly TypeDeclaration[];
  readonly tables: readonly TableModel[];
  readonly views: readonly ViewModel[];
  /** In the order of the definition: the position is the id that the module knows the reducer by. */
  readonly reducers: readonly ReducerModel[];
  /** In the order of the definition: the position is the id that the module knows the procedure by. */
  readonly procedures: readonly ProcedureModel[];
  readonly schedules: readonly ScheduleModel[];
  /** SQL of row level security filters. */
  readonly rowLevelSecurity: readonly string[];
  /** Names, in the source, of functions that answer HTTP requests; left out where there are none. */
  readonly httpHandlers?: readonly string[];
  readonly submodules: readonly SubmoduleModel[];
  /** What the reader did not know and left out, one line each, such as a section of a newer server. */
  readonly warnings: readonly string[];
}

/** A type that the module declares by name. */
export interface TypeDeclaration {
  readonly scope: readonly string[];
  readonly name: string;
  readonly ref: number;
  /** Whether the module fixed the order of elements itself; says nothing about BSATN, which has that of the typespace. */
  readonly customOrdering: boolean;
}

export interface TableModel {
  readonly name: ModuleName;
  readonly rowRef: number;
  /** The columns, in wire order. */
  readonly columns: readonly NamedType[];
  /** The index of the primary key column. */
  readonly primaryKey: number | undefined;
  readonly indexes: readonly IndexModel[];
  /** The columns of each unique constraint. */
  readonly uniqueConstraints: readonly (readonly number[])[];
  readonly sequences: readonly SequenceModel[];
  readonly isPublic: boolean;
  readonly isSystem: boolean;
  readonly isEvent: boolean;
  readonly defaults: readonly { readonly column: number; readonly value: Uint8Array }[];
}

export interface IndexModel {
  readonly name: ModuleName;
  /** How the module's source calls the index; an index without one was made by the system. */
  readonly accessor: string | undefined;
  readonly algorithm: 'btree' | 'hash' | 'direct';
  readonly columns: readonly number[];
}

export interface SequenceModel {
  readonly column: number;
  readonly start: bigint | undefined;
  readonly min: bigint | undefined;
  readonly max: bigint | undefined;
  readonly increment: bigint;
}

export interface ReducerModel {
  readonly name: ModuleName;
  readonly params: readonly NamedType[];
  /** Whether clients may call it; a lifecycle or scheduled reducer is private. */
  readonly isCallable: boolean;
  readonly lifecycle: 'init' | 'onConnect' | 'onDisconnect' | undefined;
}

export interface ProcedureModel {
  readonly name: ModuleName;
  readonly params: readonly NamedType[];
  readonly returns: AlgebraicType;
  readonly isCallable: boolean;
}

export interface ViewModel {
  readonly name: ModuleName;
  /** The id that the module knows the view by; anonymous views and the others are counted apart. */
  readonly index: number;
  readonly isPublic: boolean;
  readonly isAnonymous: boolean;
  readonly params: readonly NamedType[];
  readonly returns: AlgebraicType;
  /** `rows`: an array of rows; `option`: at most one; `query`: a query over one row type. */
  readonly shape: 'rows' | 'option' | 'query';
  readonly rowRef: number;
  readonly columns: readonly NamedType[];
  readonly primaryKey: number | undefined;
}

export interface ScheduleModel {
  readonly name: string | undefined;
  /** Canonical name of the table whose rows are the schedule. */
  readonly table: string;
  /** The column that says when. */
  readonly atColumn: number;
  /** Canonical name of the reducer or procedure. */
  readonly functionName: string;
}

interface SubmoduleModel {
  /** Prefix of the canonical names on the wire, before a dot. */
  readonly namespace: string;
  readonly module: ModuleModel;
}
