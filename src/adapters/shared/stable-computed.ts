import { computed, type ReadonlySignal } from '@preact/signals-core';

/** A computed signal that keeps its value where `isEqual` says that the new one is the same. */
export function stableComputed<T>(
  compute: () => T,
  isEqual: (left: T, right: T) => boolean = Object.is,
): ReadonlySignal<T> {
  let last: { readonly value: T } | undefined;
  return computed(() => {
    const value = compute();
    if (last === undefined || !isEqual(last.value, value)) last = { value };
    return last.value;
  });
}

/** Whether two lists have the same items in the same order: for `useComputedValue`, such as of the keys of rows. */
export function sameItems(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left.length === right.length && left.every((item, at) => Object.is(item, right[at]));
}
