import { type ComputedRef } from 'vue';

/** What a hook shows. */
export function valueOf<T>(value: ComputedRef<T>): T {
  return value.value;
}

/** A property of what tells several things. */
export function propertyOf<T>(property: ComputedRef<T>): T {
  return property.value;
}
