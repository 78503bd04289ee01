import { type Codec } from '../codec.ts';
import { bigintFromHex, bigintToHex } from './hex.ts';
import { Printed } from './printed.ts';

const digits = 64;

/** Who a client is: 256 bits that the server derives from the token. */
export class Identity extends Printed {
  /** The identity as a number of 256 bits. */
  readonly value: bigint;

  /** Throws a `RangeError` when `value` is negative or wider than 256 bits. */
  constructor(value: bigint) {
    super();
    if (BigInt.asUintN(256, value) !== value) throw new RangeError(`an identity has 256 bits: ${value}`);
    this.value = value;
  }

  /** From 64 hex digits, with or without `0x`. Throws a `SyntaxError` for anything else. */
  static fromHexString(text: string): Identity {
    return new Identity(bigintFromHex(text, digits, 'an identity'));
  }

  /** 64 lower-case hex digits, most significant first: how servers print an identity. */
  toHexString(): string {
    return bigintToHex(this.value, digits);
  }

  /** The first and last four digits, such as `2ab4...9f1c`: for people, not unique. */
  toAbbreviated(): string {
    const text = this.toHexString();
    return `${text.slice(0, 4)}...${text.slice(-4)}`;
  }

  /** Whether both are the same identity. */
  equals(other: Identity): boolean {
    return this.value === other.value;
  }

  /** As `toHexString`. */
  override toString(): string {
    return this.toHexString();
  }

  /** As `toHexString`. */
  toJSON(): string {
    return this.toHexString();
  }
}

/** Product `{__identity__: U256}`. */
export const identityCodec: Codec<Identity> = {
  read: (reader) => new Identity(reader.u256()),
  write: (writer, identity) => writer.u256(identity.value),
  minSize: 32,
  fixedSize: 32,
};
