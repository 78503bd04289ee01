import { type Codec } from '../codec.ts';
import { bigintFromHex, bigintToHex } from './hex.ts';
import { Printed } from './printed.ts';

const form = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A UUID: 128 bits whose big-endian bytes are the canonical text. */
export class Uuid extends Printed {
  /** The UUID as a number of 128 bits. */
  readonly value: bigint;

  /** Throws a `RangeError` when `value` is negative or wider than 128 bits. */
  constructor(value: bigint) {
    super();
    if (BigInt.asUintN(128, value) !== value) throw new RangeError(`a UUID has 128 bits: ${value}`);
    this.value = value;
  }

  /** The UUID of zeros. */
  static readonly nil: Uuid = /*@__PURE__*/ new Uuid(0n);

  /** From the hyphenated text. Throws a `SyntaxError` for anything else. */
  static parse(text: string): Uuid {
    if (!form.test(text)) throw new SyntaxError(`not a UUID: ${JSON.stringify(text.slice(0, 100))}`);
    return new Uuid(bigintFromHex(text.replaceAll('-', ''), 32, 'a UUID'));
  }

  /** A random UUID (version 4). */
  static random(): Uuid {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const random = bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
    const versionMask = 0xf000n << 64n;
    const variantMask = 0xc000n << 48n;
    return new Uuid((random & ~versionMask & ~variantMask) | (0x4000n << 64n) | (0x8000n << 48n));
  }

  /** Whether both are the same UUID. */
  equals(other: Uuid): boolean {
    return this.value === other.value;
  }

  /** The hyphenated lower-case text. */
  override toString(): string {
    const hex = bigintToHex(this.value, 32);
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }

  /** As `toString`. */
  toJSON(): string {
    return this.toString();
  }
}

/** Product `{__uuid__: U128}`. */
export const uuidCodec: Codec<Uuid> = {
  read: (reader) => new Uuid(reader.u128()),
  write: (writer, uuid) => writer.u128(uuid.value),
  minSize: 16,
  fixedSize: 16,
};
