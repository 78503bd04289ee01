/** A length of time that an option is given, in milliseconds. Throws a `RangeError` that names the option unless it is a number from 0 up; `Infinity` is one. */
export function checkedMillis(option: string, millis: unknown): number {
  if (typeof millis === 'number' && millis >= 0) return millis;
  return refuse(option, millis);
}

function refuse(option: string, millis: unknown): never {
  throw new RangeError(`${option} is ${String(millis)}; it takes milliseconds, 0 or more, or Infinity`);
}
