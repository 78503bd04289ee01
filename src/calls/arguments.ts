import { encode } from '../bsatn/codec.ts';
import { type BsatnWriter } from '../bsatn/writer.ts';
import { messageOf } from '../errors.ts';
import { type FunctionDefinition } from './definition.ts';

/** The longest message that a server takes, in bytes; after a longer one it cuts the connection without a word. */
const longestMessage = 32 * 1024 * 1024;

/**
 * Writes the arguments as BSATN. Throws a `TypeError` when a value does not fit its type, which {@link rejection} can say more about, a `RangeError` when they are
 * more than a server takes.
 */
export function writeArguments<Args>(writer: BsatnWriter, definition: FunctionDefinition<Args>, args: Args): void {
  const start = writer.length;
  try {
    definition.args.write(writer, args);
  } catch (cause) {
    throw new UnencodableArguments(definition, args, cause);
  }
  const length = writer.length - start;
  if (definition.head.length + length > longestMessage) refuse(definition, length);
}

function refuse<Args>({ action }: FunctionDefinition<Args>, length: number): never {
  throw new RangeError(`${action}: the arguments take ${length} bytes, and a server takes messages of 32 MiB`);
}

/** The BSATN of the arguments. Throws as {@link writeArguments} does. */
export function encodeArguments<Args>(definition: FunctionDefinition<Args>, args: Args): Uint8Array {
  return encode({ write: (writer, value: Args) => writeArguments(writer, definition, value) }, args);
}

/** Arguments that do not fit their types. What is known at once is what the codec said. */
class UnencodableArguments<Args> extends TypeError {
  readonly #definition: FunctionDefinition<Args>;
  readonly #args: Args;

  constructor(definition: FunctionDefinition<Args>, args: Args, cause: unknown) {
    super(`${definition.action}: one of the arguments cannot be encoded: ${messageOf(cause)}`, { cause });
    this.#definition = definition;
    this.#args = args;
  }

  /** The error that names the argument and says what to write instead; this one where what finds that out cannot be loaded. */
  async explained(): Promise<TypeError> {
    const { cause } = this;
    const { action, args } = this.#definition;
    try {
      // Only now: a program without mistakes never needs it.
      const { encodingProblem } = await import('../bsatn/encoding-problem.ts');
      return new TypeError(`${action}: ${encodingProblem(args, this.#args, 'argument', cause)}`, { cause });
    } catch {
      return this;
    }
  }
}

/** Rejects with `error`; where it is about arguments that cannot be encoded, with one that names the argument and says what to write instead. */
export async function rejection(error: unknown): Promise<never> {
  throw error instanceof UnencodableArguments ? await error.explained() : error;
}
