import { type AlgebraicType, type NamedType } from '../bsatn/algebraic-type.ts';
import { type CaseConversionPolicy } from './names.ts';

/**
 * A module definition as somebody wrote it, version 9 or 10: names are not resolved and nothing is checked yet.
 * `path` says where in the definition a part was, for errors.
 */
export interface Definition {
  readonly version: 9 | 10;
  readonly path: string;
  readonly typespace: readonly AlgebraicType[];
  readonly types: readonly DefinedType[];
  readonly tables: readonly DefinedTable[];
  readonly reducers: readonly DefinedFunction[];
  readonly procedures: readonly DefinedProcedure[];
  readonly views: readonly DefinedView[];
  readonly viewPrimaryKeys: readonly DefinedViewPrimaryKey[];
  readonly schedules: readonly DefinedSchedule[];
  readonly lifecycles: readonly DefinedLifecycle[];
  readonly rowLevelSecurity: readonly string[];
  /** Names of functions that answer HTTP requests. */
  readonly httpHandlers?: readonly string[];
  readonly defaults: readonly DefinedDefault[];
  readonly policy: CaseConversionPolicy | undefined;
  readonly explicitNames: readonly ExplicitName[];
  readonly submodules: readonly { readonly namespace: string; readonly definition: Definition }[];
  readonly warnings: readonly string[];
}

interface Defined {
  readonly path: string;
}

interface DefinedNamed extends Defined {
  readonly name: string;
}

export interface DefinedType extends DefinedNamed {
  readonly scope: readonly string[];
  readonly ref: number;
  readonly customOrdering: boolean;
}

export interface DefinedTable extends DefinedNamed {
  readonly rowRef: number;
  readonly primaryKey: readonly number[];
  readonly indexes: readonly DefinedIndex[];
  readonly uniqueConstraints: readonly (readonly number[])[];
  readonly sequences: readonly DefinedSequence[];
  readonly isSystem: boolean;
  readonly isPublic: boolean;
  readonly isEvent: boolean;
}

export interface DefinedIndex extends Defined {
  readonly name: string | undefined;
  readonly accessor: string | undefined;
  readonly algorithm: 'btree' | 'hash' | 'direct';
  readonly columns: readonly number[];
}

export interface DefinedSequence {
  readonly column: number;
  readonly start: bigint | undefined;
  readonly min: bigint | undefined;
  readonly max: bigint | undefined;
  readonly increment: bigint;
}

export interface DefinedFunction extends DefinedNamed {
  readonly params: readonly NamedType[];
  readonly isPrivate: boolean;
}

export interface DefinedProcedure extends DefinedFunction {
  readonly returns: AlgebraicType;
}

export interface DefinedView extends DefinedNamed {
  readonly index: number;
  readonly isPublic: boolean;
  readonly isAnonymous: boolean;
  readonly params: readonly NamedType[];
  readonly returns: AlgebraicType;
}

export interface DefinedViewPrimaryKey extends Defined {
  readonly view: string;
  readonly columns: readonly string[];
}

export interface DefinedSchedule extends Defined {
  readonly name: string | undefined;
  readonly table: string;
  readonly atColumn: number;
  readonly functionName: string;
}

export interface DefinedLifecycle extends Defined {
  readonly kind: 'init' | 'onConnect' | 'onDisconnect';
  readonly functionName: string;
}

export interface DefinedDefault extends Defined {
  readonly table: string;
  readonly column: number;
  readonly value: Uint8Array;
}

export interface ExplicitName {
  readonly kind: 'Table' | 'Function' | 'Index';
  readonly source: string;
  readonly canonical: string;
}
