import { equalBytes } from '../bsatn/bytes.ts';

/** Whether two values of one type look the same, which spares encoding them. What looks different may still have the same encoding. */
export function isAlike(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (left instanceof Uint8Array) return right instanceof Uint8Array && equalBytes(left, right);
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => isAlike(Reflect.get(left, name), Reflect.get(right, name)))
  );
}
