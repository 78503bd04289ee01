import { type Identity } from '../../bsatn/special/identity.ts';
import { type Caller } from '../module-host.ts';

/** Wide numbers cross as 64-bit words, least significant first; no connection is zero. */
export function callerWords({ sender, connectionId, timestamp }: Caller): readonly bigint[] {
  const connection = connectionId?.value ?? 0n;
  return [...identityWords(sender), word(connection, 0n), word(connection, 64n), timestamp];
}

export function identityWords({ value }: Identity): readonly bigint[] {
  return [word(value, 0n), word(value, 64n), word(value, 128n), word(value, 192n)];
}

function word(value: bigint, shift: bigint): bigint {
  return BigInt.asIntN(64, value >> shift);
}
