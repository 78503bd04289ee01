import { type Codec } from '../codec.ts';
import { bigintFromHex, bigintToHex } from './hex.ts';
import { Printed } from './printed.ts';

const digits = 32;

/** Which connection of an identity: 128 bits that the server chooses anew for every socket. */
export class ConnectionId extends Printed {
  /** The id as a number of 128 bits. */
  readonly value: bigint;

  /** Throws a `RangeError` when `value` is negative or wider than 128 bits. */
  constructor(value: bigint) {
    super();
    if (BigInt.asUintN(128, value) !== value) throw new RangeError(`a connection id has 128 bits: ${value}`);
    this.value = value;
  }

  /** From 32 hex digits, with or without `0x`. Throws a `SyntaxError` for anything else. */
  static fromHexString(text: string): ConnectionId {
    return new ConnectionId(bigintFromHex(text, digits, 'a connection id'));
  }

  /** 32 lower-case hex digits, most significant first. */
  toHexString(): string {
    return bigintToHex(this.value, digits);
  }

  /** Whether both are the same connection. */
  equals(other: ConnectionId): boolean {
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

/** Product `{__connection_id__: U128}`. */
export const connectionIdCodec: Codec<ConnectionId> = {
  read: (reader) => new ConnectionId(reader.u128()),
  write: (writer, id) => writer.u128(id.value),
  minSize: 16,
  fixedSize: 16,
};
