import { type Codec } from '../bsatn/codec.ts';

/** What generated code says about a reducer. */
export interface ReducerDefinition<Args> {
  /** The name on the wire. */
  readonly name: string;
  /** The parameters as a product: one object with a property each. */
  readonly args: Codec<Args>;
}

/** What generated code says about a procedure. */
export interface ProcedureDefinition<Args, Returned> extends ReducerDefinition<Args> {
  readonly returned: Codec<Returned>;
}
