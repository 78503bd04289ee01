import {
  type AlgebraicType,
  type PrimitiveTag,
  resolveRef,
  specialTypeOf,
  type Typespace,
} from '../../bsatn/algebraic-type.ts';
import { typeName } from './type-name.ts';

/** The type of an expression. Two are the same type when they print alike. */
export interface ValueType {
  readonly kind: ValueKind;
  /** How the server prints it. */
  readonly name: string;
}

export type ValueKind =
  | Exclude<PrimitiveTag, 'String' | 'Bool'>
  | 'string'
  | 'bool'
  | 'bytes'
  | 'identity'
  | 'connectionId'
  | 'timestamp'
  | 'uuid'
  /** Everything that the server neither compares nor has literals of. */
  | 'other';

export const boolType: ValueType = { kind: 'bool', name: 'Bool' };
export const stringType: ValueType = { kind: 'string', name: 'String' };
export const u64Type: ValueType = { kind: 'U64', name: 'U64' };
export const identityType: ValueType = { kind: 'identity', name: '(__identity__: U256)' };

export function valueTypeOf(type: AlgebraicType, typespace: Typespace): ValueType {
  return { kind: valueKindOf(type, typespace), name: typeName(type, typespace) };
}

function valueKindOf(type: AlgebraicType, typespace: Typespace): ValueKind {
  const resolved = resolveRef(type, typespace);
  switch (resolved.tag) {
    case 'String':
      return 'string';
    case 'Bool':
      return 'bool';
    case 'Array':
      return resolveRef(resolved.element, typespace).tag === 'U8' ? 'bytes' : 'other';
    case 'Product': {
      const kind = specialTypeOf(resolved)?.kind;
      return kind === 'identity' || kind === 'connectionId' || kind === 'timestamp' || kind === 'uuid' ? kind : 'other';
    }
    case 'Sum':
      return 'other';
    default:
      return resolved.tag;
  }
}

/** Whether the server compares values of a type. */
export function isComparable({ kind }: ValueType): boolean {
  return kind !== 'other';
}
