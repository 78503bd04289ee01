import { type NamedType, type Typespace } from '../bsatn/algebraic-type.ts';
import { isStackOverflow } from '../bsatn/codec.ts';
import { Cursor, DecodeError } from './datastore/cursor.ts';
import { RowLayout } from './datastore/row.ts';
import { encodeJsonArguments } from './json-arguments.ts';

/** Arguments of a call: BSATN of the parameters one after the other, or a JSON text. */
export type CallArguments = Uint8Array | string;

/** Checks the arguments of a function before the module sees them. */
export class ArgumentChecker {
  readonly #name: string;
  readonly #params: readonly NamedType[];
  readonly #typespace: Typespace;
  readonly #layout: RowLayout;

  constructor(name: string, params: readonly NamedType[], typespace: Typespace) {
    this.#name = name;
    this.#params = params;
    this.#typespace = typespace;
    this.#layout = new RowLayout(params, typespace);
  }

  /**
   * The BSATN of good arguments; bytes behind them are no error, as on a real server. For others the problem in the words of the real server, such as
   * `data too short for u32: Expected 4, given 2`.
   */
  check(args: CallArguments): { readonly bytes: Uint8Array } | { readonly problem: string } {
    try {
      const bytes =
        typeof args === 'string'
          ? encodeJsonArguments(args, { name: this.#name, params: this.#params }, this.#typespace)
          : args;
      if (typeof args !== 'string') this.#layout.check(new Cursor(args));
      return { bytes };
    } catch (error) {
      return { problem: problemOf(error) };
    }
  }
}

function problemOf(error: unknown): string {
  // Arguments that nest too deeply for the stack end in a RangeError.
  if (isStackOverflow(error)) return 'nested too deeply';
  if (error instanceof DecodeError) return error.message;
  throw error;
}
