/** What a hook shows. */
export function valueOf<T>(value: T): T {
  return value;
}

/** A property of what tells several things. */
export function propertyOf<T>(property: T): T {
  return property;
}
