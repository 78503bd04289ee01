import { type Codec } from '../bsatn/codec.ts';

/** What generated code says about a reducer. */
export interface ReducerDefinition<Args> {
  /** The name on the wire. */
  readonly name: string;
  /** A hash of what the parameters are: calls that were stored under another do not fit. Definitions that nobody generated have none. */
  readonly shape?: string;
  /** The parameters as a product: one object with a property each. */
  readonly args: Codec<Args>;
}

/** What generated code says about a procedure. */
export interface ProcedureDefinition<Args, Returned> extends ReducerDefinition<Args> {
  /** How the returned value is read. */
  readonly returned: Codec<Returned>;
}

/** A reducer whose arguments can be read, whatever their type. */
export interface KnownReducer {
  readonly name: string;
  readonly shape?: string;
  readonly args: Pick<Codec<unknown>, 'read'>;
}
