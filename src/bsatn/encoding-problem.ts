import { messageOf } from '../errors.ts';
import { type Codec, encode } from './codec.ts';
import { type BsatnWriter } from './writer.ts';

/** Where an encoder failed: what it read last. */
interface Culprit {
  /** `position.x`, `items.2`. */
  readonly path: string;
  readonly value: unknown;
  readonly problem: string;
}

/**
 * Says of a value that a codec refused with `cause` which of its parts does not fit, and what to write instead where that is known:
 * `the argument times, which is the number 1, cannot be encoded: it takes a bigint: write 1n`. `part` is what its properties are.
 *
 * Encoders do not know where they are, so that they need not be told. Only after a failure the value is encoded once more, watched, and then with
 * other values in the place where that fails: the one that is taken tells what belongs there.
 */
export function encodingProblem<T>(
  codec: Pick<Codec<T>, 'write'>,
  value: T,
  part: 'argument' | 'column',
  cause: unknown,
): string {
  if (typeof value !== 'object' || value === null) {
    return `what was passed is ${describe(value)}; it takes an object of ${part}s`;
  }
  const write = (writer: BsatnWriter, watched: object): void => codec.write(writer, watched as T);
  const culprit = culpritIn(write, value);
  if (culprit === undefined) return `one of the ${part}s cannot be encoded: ${messageOf(cause)}`;
  const advice = adviceFor(write, value, culprit) ?? culprit.problem;
  return `the ${part} ${culprit.path}, which is ${describe(culprit.value)}, cannot be encoded: ${advice}`;
}

type WriteObject = (writer: BsatnWriter, value: object) => void;

/**
 * The part that was read last when encoding failed. One part can have another value for that. Undefined where all goes well, or nothing was read.
 */
function culpritIn(write: WriteObject, value: object, instead?: Pick<Culprit, 'path' | 'value'>): Culprit | undefined {
  let last: Pick<Culprit, 'path' | 'value'> | undefined;
  const watch = (source: object, before: string): object =>
    // Not around the source itself: the parts of a frozen one could not be watched.
    new Proxy<object>(Array.isArray(source) ? [] : {}, {
      has: (_, property) => property in source,
      get: (_, property) => {
        const found: unknown = Reflect.get(source, property);
        // Arrays are asked for their length, and so is what should be one.
        const isAskedAsArray = property === 'length' && (Array.isArray(source) || found === undefined);
        if (typeof property === 'symbol' || isAskedAsArray) return found;
        const path = `${before}${property}`;
        last = { path, value: path === instead?.path ? instead.value : found };
        return isPlain(last.value) ? watch(last.value, `${path}.`) : last.value;
      },
    });
  try {
    encode({ write }, watch(value, ''));
    return undefined;
  } catch (error) {
    // The first error is the one that is told.
    return last === undefined ? undefined : { ...last, problem: messageOf(error) };
  }
}

/** What belongs in the place of `culprit`; undefined where its kind is right, and what the encoder said of it says more. */
function adviceFor(write: WriteObject, value: object, { path, value: wrong }: Culprit): string | undefined {
  /** What is wrong in this place, or inside it, with `other` there. */
  const problemWith = (other: unknown): Culprit | undefined => {
    const found = culpritIn(write, value, { path, value: other });
    return found?.path === path || found?.path.startsWith(`${path}.`) === true ? found : undefined;
  };
  const takes = (other: unknown): boolean => problemWith(other) === undefined;
  for (const sample of [0n, 0, '', false]) {
    if (!takes(sample)) continue;
    if (typeof sample === typeof wrong) return undefined;
    const literal = literalOf(typeof sample, wrong);
    return `it takes a ${typeof sample}${literal === undefined ? '' : `: write ${literal}`}`;
  }
  if (takes([])) return 'it takes an array';
  if (takes(new Uint8Array(0))) return 'it takes a Uint8Array';
  const empty = problemWith({});
  if (empty === undefined || !empty.path.startsWith(`${path}.`)) return undefined;
  // What is read first of an object tells which it is to be.
  const first = empty.path.slice(path.length + 1);
  switch (first) {
    case 'value':
      if (takes({ value: 1n << 255n })) {
        return `it takes an Identity${typeof wrong === 'string' ? ': write Identity.fromHexString(…)' : ''}`;
      }
      return takes({ value: 1n << 127n }) ? 'it takes a Uuid or a ConnectionId' : 'it takes an object with value';
    case 'micros':
      return `it takes a Timestamp or a TimeDuration${wrong instanceof Date ? ': write Timestamp.fromDate(…)' : ''}`;
    case 'tag': {
      const isTag = typeof wrong === 'string' && takes({ tag: wrong });
      const variants = / is no variant of (.*)$/.exec(empty.problem)?.[1];
      return isTag
        ? `write { tag: ${JSON.stringify(wrong)} }`
        : `it takes an object with the tag of a variant${variants === undefined ? '' : ` of ${variants}`}`;
    }
    case 'err':
      return 'it takes { ok } or { err }';
    default:
      // What every object has is read to make a text or a number of it.
      return first in Object.prototype ? undefined : `it takes an object with ${first}`;
  }
}

/** How what was given is written as another type, where both are whole numbers. */
function literalOf(type: string, given: unknown): string | undefined {
  const isWhole =
    typeof given === 'bigint' || Number.isInteger(given) || (typeof given === 'string' && /^-?\d+$/.test(given));
  if (!isWhole || (type !== 'bigint' && type !== 'number')) return undefined;
  return `${BigInt(given as bigint | number | string)}${type === 'bigint' ? 'n' : ''}`;
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
    case 'object': {
      if (value === null) return 'null';
      const kind = Object.prototype.toString.call(value).slice('[object '.length, -1);
      return `${/^[AEIO]/.test(kind) ? 'an' : 'a'} ${kind === 'Object' || kind === 'Array' ? kind.toLowerCase() : kind}`;
    }
    default:
      return `a ${typeof value}`;
  }
}
