import { type Accessor } from 'solid-js';

/** What a hook shows. */
export function valueOf<T>(value: Accessor<T>): T {
  return value();
}

/** A property of what tells several things. */
export function propertyOf<T>(property: T): T {
  return property;
}
