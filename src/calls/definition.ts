import { type Codec } from '../bsatn/codec.ts';
import { type PreparedBytes } from '../bsatn/prepared-bytes.ts';
import { callHead, type CallKind } from '../wire/call-head.ts';

/** What generated code says about a reducer or a procedure. */
export interface FunctionOptions<Args> {
  /** The name on the wire. */
  readonly name: string;
  /** The parameters as a product: one object with a property each. */
  readonly args: Codec<Args>;
}

/** What generated code says about a reducer. */
export interface ReducerOptions<Args> extends FunctionOptions<Args> {
  /** A hash of what the parameters are: calls that were stored under another do not fit. Definitions that nobody generated have none. */
  readonly shape?: string;
}

/** What generated code says about a procedure. */
export interface ProcedureOptions<Args, Returned> extends FunctionOptions<Args> {
  /** How the returned value is read. */
  readonly returned: Codec<Returned>;
}

/** A function of a module, to whoever calls it. */
export class FunctionDefinition<Args> {
  /** Which message calls it, and what errors call it. */
  readonly kind: CallKind;
  /** The name on the wire. */
  readonly name: string;
  /** The parameters as a product: one object with a property each. */
  readonly args: Codec<Args>;
  #head: PreparedBytes | undefined;

  constructor(kind: CallKind, { name, args }: FunctionOptions<Args>) {
    this.kind = kind;
    this.name = name;
    this.args = args;
  }

  /** What calling it is called in errors. */
  get action(): string {
    return `calling ${this.kind} ${this.name}`;
  }

  /** How each of its calls begins; made with the first. */
  get head(): PreparedBytes {
    return (this.#head ??= callHead(this.kind, this.name));
  }
}

/** A reducer, to whoever calls it. */
export class ReducerDefinition<Args> extends FunctionDefinition<Args> {
  /** A hash of what the parameters are; empty where nobody generated the definition. */
  readonly shape: string;

  constructor(options: ReducerOptions<Args>) {
    super('reducer', options);
    this.shape = options.shape ?? '';
  }
}

/** A procedure, to whoever calls it. */
export class ProcedureDefinition<Args, Returned> extends FunctionDefinition<Args> {
  /** How the returned value is read. */
  readonly returned: Codec<Returned>;

  constructor(options: ProcedureOptions<Args, Returned>) {
    super('procedure', options);
    this.returned = options.returned;
  }
}

/** A reducer whose arguments can be read, whatever their type. */
export interface KnownReducer {
  readonly name: string;
  readonly shape: string;
  readonly args: Pick<Codec<unknown>, 'read'>;
}
