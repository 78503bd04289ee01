import { type Current } from 'spacetimedb-signals/svelte';

/** What a hook shows. */
export function valueOf<T>(value: Current<T>): T {
  return value.current;
}

/** A property of what tells several things. */
export function propertyOf<T>(property: T): T {
  return property;
}
