import { encode } from '../bsatn/codec.ts';
import { type ReducerDefinition } from './definition.ts';

/** The BSATN of the arguments. Throws a `TypeError` that names the function when a value does not fit its type. */
export function encodeArguments<Args>(kind: string, definition: ReducerDefinition<Args>, args: Args): Uint8Array {
  try {
    return encode(definition.args, args);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new TypeError(`calling ${kind} ${definition.name}: an argument cannot be encoded: ${problem}`, { cause });
  }
}
