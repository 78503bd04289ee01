import { ProtocolError } from '../errors.ts';
import { BsatnReader } from './reader.ts';
import { BsatnWriter } from './writer.ts';

/** Reads and writes the values of one type. Generated code has one per type; `codecOf` composes one at run time. */
export interface Codec<T> {
  /** Reads one value. Throws a `ProtocolError` where the bytes are not one. */
  readonly read: (reader: BsatnReader) => T;
  /** Writes one value. Throws a `RangeError` for a number outside its type. */
  readonly write: (writer: BsatnWriter, value: T) => void;
  /** The fewest bytes that a value takes: what bounds the count of an array. */
  readonly minSize: number;
  /** How many bytes every value takes, for types of which any bytes are a value: there is nothing to check. */
  readonly fixedSize?: number;
  /** Checks one value and moves behind it without making it; throws where `read` would. Where it is missing, `read` does the same. */
  readonly skip?: (reader: BsatnReader) => void;
}

/** The part of a codec that reads. */
export type ValueReader<T> = Omit<Codec<T>, 'write'>;

/** Moves behind one value of a codec, and checks it. */
export function skipValue(codec: ValueReader<unknown>, reader: BsatnReader): void {
  if (codec.fixedSize !== undefined) reader.skip(codec.fixedSize);
  else if (codec.skip !== undefined) codec.skip(reader);
  else codec.read(reader);
}

/** The BSATN of one value. Throws a `RangeError` for a number outside its type. */
export function encode<T>(codec: Pick<Codec<T>, 'write'>, value: T): Uint8Array<ArrayBuffer> {
  const writer = takeWriter();
  try {
    codec.write(writer, value);
    return writer.finish();
  } finally {
    giveBack(writer);
  }
}

/** The writer that nobody uses at present: making its buffer takes longer than writing a call into it. */
let spareWriter: BsatnWriter | undefined;

/** A greater buffer is not kept, in bytes. */
const largestSpare = 64 * 1024;

/** A codec that encodes something within what it writes gets a writer of its own. */
function takeWriter(): BsatnWriter {
  const writer = spareWriter ?? new BsatnWriter(1024);
  spareWriter = undefined;
  return writer;
}

function giveBack(writer: BsatnWriter): void {
  if (writer.capacity > largestSpare) return;
  writer.clear();
  spareWriter = writer;
}

/**
 * The value that `bytes` hold, all of them. `subject` says in errors what they are.
 * Throws a {@link ProtocolError} for anything else, bytes left over included.
 */
export function decode<T>(codec: Pick<Codec<T>, 'read'>, bytes: Uint8Array, subject: string): T {
  const reader = new BsatnReader(bytes, subject);
  const value = readGuarded(codec, reader, subject);
  reader.finish(subject);
  return value;
}

/** Reads one value, and turns a stack that overflows on hostile nesting into a {@link ProtocolError}. */
export function readGuarded<T>(codec: Pick<Codec<T>, 'read'>, reader: BsatnReader, subject: string): T {
  try {
    return codec.read(reader);
  } catch (cause) {
    if (!isStackOverflow(cause)) throw cause;
    throw new ProtocolError(`reading ${subject} at offset ${reader.offset}: nested too deeply`, { cause });
  }
}

/**
 * Whether `error` says that the stack is full. V8 and JavaScriptCore throw a `RangeError` with the first of these texts then, Hermes too, SpiderMonkey an
 * `InternalError` with the second; nothing but the text tells it from others of their kind, such as those of a codec that somebody wrote by hand.
 */
export function isStackOverflow(error: unknown): boolean {
  return error instanceof Error && /^(?:Maximum call stack|too much recursion)/.test(error.message);
}
