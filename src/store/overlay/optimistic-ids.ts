import {
  i128Codec,
  i16Codec,
  i256Codec,
  i32Codec,
  i64Codec,
  i8Codec,
  u128Codec,
  u16Codec,
  u256Codec,
  u32Codec,
  u64Codec,
  u8Codec,
} from '../../bsatn/basic-codecs.ts';
import { type Codec } from '../../bsatn/codec.ts';
import { type KeyedTable } from '../handles.ts';
import { optimisticKeysOf, type OptimisticKeys } from '../table-handles.ts';

type IntegerCodec = Pick<Codec<unknown>, 'minSize'>;

const signed: ReadonlySet<IntegerCodec> = /*@__PURE__*/ new Set<IntegerCodec>([
  i8Codec,
  i16Codec,
  i32Codec,
  i64Codec,
  i128Codec,
  i256Codec,
]);
const unsigned: ReadonlySet<IntegerCodec> = /*@__PURE__*/ new Set<IntegerCodec>([
  u8Codec,
  u16Codec,
  u32Codec,
  u64Codec,
  u128Codec,
  u256Codec,
]);

/** The last id of each table. */
const lastIds = new WeakMap<object, bigint>();
let lastPlainId = 0;

/** A negative safe integer that was not returned before. */
export function nextOptimisticIntId(): number;
/**
 * A key for a row whose real key the server will choose. It never repeats, and no row of the table has it at present: -1, -2 and so on where the
 * primary key is signed, the greatest value of its type and down from there where it is not. Throws a `TypeError` when the key is no integer, a
 * `RangeError` when there is none left.
 */
export function nextOptimisticIntId<Row, Key extends number | bigint>(table: KeyedTable<Row, Key>): Key;
export function nextOptimisticIntId(table?: KeyedTable<unknown, number | bigint>): number | bigint {
  if (table === undefined) return --lastPlainId;
  return nextKeyOf(table.name, optimisticKeysOf(table));
}

function nextKeyOf(name: string, keys: OptimisticKeys): number | bigint {
  const { codec, identity, isTaken } = keys;
  const isSigned = signed.has(codec);
  if (!isSigned && !unsigned.has(codec)) {
    throw new TypeError(`the primary key of table ${name} is no integer: it has no optimistic ids`);
  }
  const bits = BigInt(codec.minSize * 8);
  const least = isSigned ? -(1n << (bits - 1n)) : 0n;
  const first = isSigned ? -1n : (1n << bits) - 1n;
  let id = (lastIds.get(identity) ?? first + 1n) - 1n;
  const asKey = (): number | bigint => (bits > 32n ? id : Number(id));
  while (id >= least && isTaken(asKey())) id--;
  if (id < least) throw new RangeError(`table ${name} has no optimistic id left`);
  lastIds.set(identity, id);
  return asKey();
}
