import { encode } from '../bsatn/codec.ts';
import { encodingProblem } from '../bsatn/encoding-problem.ts';
import { type ReducerDefinition } from './definition.ts';

/** The longest message that a server takes, in bytes; after a longer one it cuts the connection without a word. */
const longestMessage = 32 * 1024 * 1024;

/** What a call takes besides its arguments and its name: tag, request id, flags, two lengths. */
const callOverhead = 14;

/**
 * The BSATN of the arguments. Throws a `TypeError` that names the function, the argument and what to write when a value does not fit its type, a `RangeError`
 * when they are more than a server takes.
 */
export function encodeArguments<Args>(kind: string, definition: ReducerDefinition<Args>, args: Args): Uint8Array {
  const bytes = encoded(kind, definition, args);
  if (bytes.length + definition.name.length * 3 + callOverhead <= longestMessage) return bytes;
  throw new RangeError(
    `calling ${kind} ${definition.name}: the arguments take ${bytes.length} bytes, and a server takes messages of 32 MiB`,
  );
}

function encoded<Args>(kind: string, definition: ReducerDefinition<Args>, args: Args): Uint8Array {
  try {
    return encode(definition.args, args);
  } catch (cause) {
    const problem = encodingProblem(definition.args, args, 'argument', cause);
    throw new TypeError(`calling ${kind} ${definition.name}: ${problem}`, { cause });
  }
}
