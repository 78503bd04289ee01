import { type AlgebraicType, type Typespace } from '../../../src/bsatn/algebraic-type.ts';
import { toHex } from '../../../src/bsatn/bytes.ts';
import { ConnectionId } from '../../../src/bsatn/special/connection-id.ts';
import { Identity } from '../../../src/bsatn/special/identity.ts';
import { type SpecialSpan, specialSpansOf } from './special-spans.ts';

/**
 * Names for what differs from one run to the next: `identity of a`, `time of a/3`. Two runs are compared after both have put these names in place of
 * their own identities, connection ids and times, so that each must stand in the right places. Whatever has no name stays as it is.
 */
export class Labels {
  readonly #labels = new Map<string, string>();
  readonly #taken = new Map<string, string>();

  nameIdentity(identity: Identity, label: string): void {
    this.#name(identity.toHexString(), `identity of ${label}`);
  }

  nameConnection(id: ConnectionId, label: string): void {
    this.#name(id.toHexString(), `connection of ${label}`);
  }

  /** Zero is no time and gets no name. */
  nameTime(micros: bigint, label: string): void {
    if (micros !== 0n) this.#name(`${micros}`, `time of ${label}`);
  }

  identity(identity: Identity): string {
    return this.#of(identity.toHexString());
  }

  connection(id: ConnectionId): string {
    return this.#of(id.toHexString());
  }

  time(micros: bigint): string {
    return this.#of(`${micros}`);
  }

  /** `text` with the hex of identities and connection ids replaced. */
  inText(text: string): string {
    return text.replace(/[0-9a-f]{64}|[0-9a-f]{32}/g, (hex) => this.#of(hex));
  }

  /** The BSATN of a value in hex, with names in place of what differs. */
  inBytes(bytes: Uint8Array, type: AlgebraicType, typespace: Typespace): string {
    let text = '';
    let from = 0;
    for (const span of specialSpansOf(bytes, type, typespace)) {
      text += `${toHex(bytes.subarray(from, span.start))} <${this.#ofSpan(bytes, span)}> `;
      from = span.end;
    }
    return text + toHex(bytes.subarray(from));
  }

  #ofSpan(bytes: Uint8Array, { kind, start, end }: SpecialSpan): string {
    const value = littleEndian(bytes.subarray(start, end));
    switch (kind) {
      case 'identity':
        return this.identity(new Identity(value));
      case 'connectionId':
        return this.connection(new ConnectionId(value));
      case 'timestamp':
        return this.time(BigInt.asIntN(64, value));
    }
  }

  #of(value: string): string {
    return this.#labels.get(value) ?? value;
  }

  /** Both ways unique: a name for two values, or two names for one, would let errors through. */
  #name(value: string, label: string): void {
    const known = this.#labels.get(value) ?? label;
    const owner = this.#taken.get(label) ?? value;
    if (known !== label || owner !== value) {
      throw new Error(`${label} is ${value}, but that is ${known}, and ${label} is ${owner} already`);
    }
    this.#labels.set(value, label);
    this.#taken.set(label, value);
  }
}

/** The number that the bytes are, lowest byte first. */
export function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
