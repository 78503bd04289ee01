import { addWhereMissing, type RealmGlobals } from './realm-globals.ts';

/** What the methods of sets take: sets, the keys of maps, and whatever looks like them. */
interface SetLike {
  readonly size: number;
  has(value: unknown): boolean;
  keys(): Iterator<unknown>;
}

/** Adds `union`, `isSubsetOf` and the others, which Node has from version 22 on. */
export function addSetMethods({ Set }: RealmGlobals): void {
  const add = (name: string, method: (this: ReadonlySet<unknown>, other: SetLike) => unknown): void =>
    addWhereMissing(Set.prototype, name, method);

  add('union', function (other) {
    return new Set([...this, ...keysOf(other)]);
  });
  add('intersection', function (other) {
    return new Set([...this].filter((value) => other.has(value)));
  });
  add('difference', function (other) {
    return new Set([...this].filter((value) => !other.has(value)));
  });
  add('symmetricDifference', function (other) {
    const theirs = [...keysOf(other)].filter((value) => !this.has(value));
    return new Set([...[...this].filter((value) => !other.has(value)), ...theirs]);
  });
  add('isSubsetOf', function (other) {
    return this.size <= other.size && [...this].every((value) => other.has(value));
  });
  add('isSupersetOf', function (other) {
    return this.size >= other.size && [...keysOf(other)].every((value) => this.has(value));
  });
  add('isDisjointFrom', function (other) {
    return ![...this].some((value) => other.has(value));
  });
}

/** `keys` of something that looks like a set may be an iterator without being iterable. */
function* keysOf(other: SetLike): Generator {
  const keys = other.keys();
  for (let step = keys.next(); step.done !== true; step = keys.next()) yield step.value;
}
