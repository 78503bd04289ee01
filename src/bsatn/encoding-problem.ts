import { type Codec, encode } from './codec.ts';
import { type BsatnWriter } from './writer.ts';

/** Where an encoder failed: what it read last. */
interface Culprit {
  /** `position.x`, `items.2`. */
  readonly path: string;
  readonly value: unknown;
}

/**
 * Says of a value that a codec refused with `cause` which of its parts does not fit, and what to write instead where that is known:
 * `the argument times, which is the number 1, cannot be encoded: it takes a bigint: write 1n`. `part` is what its properties are.
 */
export function encodingProblem<T>(
  codec: Pick<Codec<T>, 'write'>,
  value: T,
  part: 'argument' | 'column',
  cause: unknown,
): string {
  const problem = cause instanceof Error ? cause.message : String(cause);
  if (typeof value !== 'object' || value === null) {
    return `what was passed, which is no object of ${part}s, cannot be encoded: ${problem}`;
  }
  const write = (writer: BsatnWriter, watched: object): void => codec.write(writer, watched as T);
  const culprit = culpritIn(write, value);
  if (culprit === undefined) return `one of the ${part}s cannot be encoded: ${problem}`;
  const advice = bigintAdvice(write, value, culprit) ?? problem;
  return `the ${part} ${culprit.path}, which is ${describe(culprit.value)}, cannot be encoded: ${advice}`;
}

type WriteObject = (writer: BsatnWriter, value: object) => void;

/**
 * Encoders do not know where they are; encoding once more, and watching which part is read last, tells. One part can have another value for that.
 * Undefined where all goes well, or nothing was read.
 */
function culpritIn(write: WriteObject, value: object, instead?: Culprit): Culprit | undefined {
  let last: Culprit | undefined;
  const watch = (source: object, before: string): object =>
    // Not around the source itself: the parts of a frozen one could not be watched.
    new Proxy<object>(Array.isArray(source) ? [] : {}, {
      has: (_, property) => property in source,
      get: (_, property) => {
        const found: unknown = Reflect.get(source, property);
        if (typeof property === 'symbol' || (property === 'length' && Array.isArray(source))) return found;
        const path = `${before}${property}`;
        last = { path, value: path === instead?.path ? instead.value : found };
        return isPlain(last.value) ? watch(last.value, `${path}.`) : last.value;
      },
    });
  try {
    encode({ write }, watch(value, ''));
    return undefined;
  } catch {
    // The first error is the one that is told.
    return last;
  }
}

/** Engines say of a number in place of a bigint, and of the reverse, only that it cannot be converted. */
function bigintAdvice(write: WriteObject, value: object, { path, value: wrong }: Culprit): string | undefined {
  const isRight = (other: unknown): boolean => culpritIn(write, value, { path, value: other })?.path !== path;
  if (typeof wrong === 'bigint') return isRight(0) ? `it takes a number: write ${wrong}` : undefined;
  if (typeof wrong !== 'number' || !isRight(0n)) return undefined;
  return Number.isInteger(wrong) ? `it takes a bigint: write ${BigInt(wrong)}n` : 'it takes a bigint';
}

/** Objects of classes have private parts, which nobody can watch. */
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
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
