import { type Identity } from '../../bsatn/special/identity.ts';
import { type Caller } from '../module-host.ts';

/** Wide numbers cross as 64-bit words, least significant first; no connection is zero. */
export function callerWords({ sender, connectionId, timestamp }: Caller): readonly bigint[] {
  return [...identityWords(sender), ...words(connectionId?.value ?? 0n, 2), timestamp];
}

export function identityWords(identity: Identity): readonly bigint[] {
  return words(identity.value, 4);
}

function words(value: bigint, count: number): readonly bigint[] {
  return Array.from({ length: count }, (_, index) => BigInt.asIntN(64, value >> BigInt(index * 64)));
}
