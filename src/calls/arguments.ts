import { encode } from '../bsatn/codec.ts';
import { type ReducerDefinition } from './definition.ts';

/** The longest message that a server takes, in bytes; after a longer one it cuts the connection without a word. */
const longestMessage = 32 * 1024 * 1024;

/** What a call takes besides its arguments and its name: tag, request id, flags, two lengths. */
const callOverhead = 14;

/**
 * The BSATN of the arguments. Throws a `TypeError` that names the function when a value does not fit its type, a `RangeError` when they are more than
 * a server takes.
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
    const problem = cause instanceof Error ? cause.message : String(cause);
    const culprit = describeCulprit(definition, args);
    throw new TypeError(`calling ${kind} ${definition.name}: ${culprit} cannot be encoded: ${problem}`, { cause });
  }
}

/** Generated encoders do not know where they are; encoding once more, and watching which argument is read last, tells. */
function describeCulprit<Args>(definition: ReducerDefinition<Args>, args: Args): string {
  if (typeof args !== 'object' || args === null) return 'what was passed, which is no object of arguments,';
  let last: string | undefined;
  const watched = new Proxy(args, {
    get: (target, property) => {
      last = String(property);
      return Reflect.get(target, property);
    },
  });
  try {
    encode(definition.args, watched);
  } catch {
    // The first error is the one that is told.
  }
  if (last === undefined) return 'an argument';
  const value: unknown = Reflect.get(args, last);
  return `the argument ${last}, which is ${describe(value)},`;
}

function describe(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'missing';
    case 'string':
      return `the string ${JSON.stringify(value.slice(0, 40))}`;
    case 'bigint':
      return `the bigint ${value}n`;
    case 'number':
    case 'boolean':
      return `the ${typeof value} ${value}`;
    case 'object':
      return value === null ? 'null' : 'an object';
    default:
      return `a ${typeof value}`;
  }
}
