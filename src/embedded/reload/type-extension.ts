import { type AlgebraicType, type NamedType, resolveRef, type Typespace } from '../../bsatn/algebraic-type.ts';

/** A type with the typespace that its references lead into. */
type TypeIn = readonly [type: AlgebraicType, typespace: Typespace];

/** Whether the bytes of every value of the old type are those of the same value of the new one: equal types, but that sums may have got variants at their end. */
export function holdsOldValues(old: TypeIn, now: TypeIn): boolean {
  return holds(old, now, new Set());
}

/** `assumed` are the pairs of references that are being compared further out: types that contain themselves are good when nothing speaks against it. */
function holds([oldType, oldSpace]: TypeIn, [newType, newSpace]: TypeIn, assumed: Set<string>): boolean {
  if (oldType.tag === 'Ref' && newType.tag === 'Ref') {
    const pair = `${oldType.ref} ${newType.ref}`;
    if (assumed.has(pair)) return true;
    assumed.add(pair);
  }
  const [old, now] = [resolveRef(oldType, oldSpace), resolveRef(newType, newSpace)];
  const allHold = (before: readonly NamedType[], after: readonly NamedType[]): boolean =>
    before.every((part, index) => {
      const other = after[index];
      return (
        other !== undefined && other.name === part.name && holds([part.type, oldSpace], [other.type, newSpace], assumed)
      );
    });
  switch (old.tag) {
    case 'Array':
      return now.tag === 'Array' && holds([old.element, oldSpace], [now.element, newSpace], assumed);
    case 'Product':
      return (
        now.tag === 'Product' && now.elements.length === old.elements.length && allHold(old.elements, now.elements)
      );
    case 'Sum':
      return now.tag === 'Sum' && allHold(old.variants, now.variants);
    default:
      return old.tag === now.tag;
  }
}
