import { type Identifier } from './cursor.ts';

/**
 * What the parser makes of a text. The server accepts a small part of what its parser reads and prints the rest back in its errors, so only
 * that part has structure here; `other` is everything else, as it is printed.
 */
export type Statement =
  | { readonly kind: 'query'; readonly query: Query }
  | InsertStatement
  | UpdateStatement
  | DeleteStatement
  | {
      readonly kind: 'set';
      readonly variable: string;
      readonly values: readonly Expression[];
      readonly isLocal: boolean;
    }
  | { readonly kind: 'show'; readonly variable: string }
  | { readonly kind: 'other'; readonly text: string };

export interface InsertStatement {
  readonly kind: 'insert';
  readonly table: readonly Identifier[];
  readonly columns: readonly Identifier[];
  readonly source: Query;
  /**
   * What stands between `INSERT` and the table, when that is more than `INTO`, between the columns and the source, or after it: none of it is
   * supported.
   */
  readonly unsupported: { readonly before: string; readonly afterColumns: string; readonly after: string };
}

export interface UpdateStatement {
  readonly kind: 'update';
  readonly target: TableWithJoins;
  readonly assignments: readonly { readonly column: readonly Identifier[]; readonly value: Expression }[];
  readonly where: Expression | undefined;
  readonly unsupported: { readonly from: string; readonly after: string };
}

export interface DeleteStatement {
  readonly kind: 'delete';
  readonly from: readonly TableWithJoins[];
  readonly where: Expression | undefined;
  readonly unsupported: { readonly before: string; readonly using: string; readonly after: string };
}

/** A query with what may stand around its body. */
export interface Query {
  /** `WITH … `, or empty. */
  readonly withClause: string;
  readonly body: QueryBody;
  /** ` ORDER BY …`, or empty. */
  readonly orderBy: string;
  readonly limit: Expression | undefined;
  /** ` OFFSET …`, ` FETCH …`, ` FOR UPDATE`, or empty. */
  readonly afterLimit: string;
}

export type QueryBody =
  | { readonly kind: 'select'; readonly select: Select }
  | { readonly kind: 'values'; readonly rows: readonly (readonly Expression[])[]; readonly isExplicitRow: boolean }
  | { readonly kind: 'other'; readonly text: string };

export interface Select {
  readonly projection: readonly SelectItem[];
  readonly from: readonly TableWithJoins[];
  readonly where: Expression | undefined;
  /** Clauses that are not supported, by where they stand; empty where there are none. */
  readonly unsupported: { readonly beforeProjection: string; readonly into: string; readonly afterWhere: string };
}

export type SelectItem =
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'tableWildcard'; readonly table: readonly Identifier[] }
  | { readonly kind: 'expression'; readonly expression: Expression; readonly alias: Identifier | undefined };

export interface TableWithJoins {
  readonly table: TableFactor;
  readonly joins: readonly Join[];
}

export type TableFactor =
  | { readonly kind: 'table'; readonly name: readonly Identifier[]; readonly alias: Identifier | undefined }
  | { readonly kind: 'other'; readonly text: string; readonly isNestedJoin: boolean };

export interface Join {
  readonly table: TableFactor;
  /** `JOIN`, `LEFT JOIN`, `NATURAL JOIN`, `CROSS JOIN`, … */
  readonly operator: string;
  readonly on: Expression | undefined;
  /** ` USING(…)`, or empty. */
  readonly using: string;
}

export type Expression =
  | { readonly kind: 'name'; readonly parts: readonly Identifier[] }
  | { readonly kind: 'literal'; readonly literal: Literal; readonly text: string }
  | { readonly kind: 'nested'; readonly inner: Expression }
  | { readonly kind: 'unary'; readonly operator: string; readonly operand: Expression }
  | { readonly kind: 'binary'; readonly left: Expression; readonly operator: string; readonly right: Expression }
  | { readonly kind: 'call'; readonly isCountOfRows: boolean; readonly text: string }
  | { readonly kind: 'other'; readonly text: string };

export type Literal =
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'number' | 'string' | 'hex'; readonly raw: string }
  | { readonly kind: 'placeholder'; readonly name: string }
  | { readonly kind: 'unsupported' };
