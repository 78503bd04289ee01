/** A value, or a function that gives the value at the time and that a framework tracks. */
export type MaybeGetter<T> = T | (() => T);

/** Whether it is the function. Nothing that is shown is one itself. */
export function isGetter<T>(source: MaybeGetter<T>): source is () => T {
  return typeof source === 'function';
}

/** The value at the time. */
export function valueOf<T>(source: MaybeGetter<T>): T {
  return isGetter(source) ? source() : source;
}
