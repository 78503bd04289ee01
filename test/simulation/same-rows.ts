/** Throws an `Error` that names what is missing and what is too much, where `actual` are not the rows that are `expected`, in whatever order. */
export function expectSameRows(what: string, actual: readonly string[], expected: readonly string[]): void {
  const missing = expected.filter((row) => !actual.includes(row));
  const extra = actual.filter((row) => !expected.includes(row));
  if (missing.length === 0 && extra.length === 0 && actual.length === expected.length) return;
  throw new Error(`${what}: missing ${JSON.stringify(missing)}, too many ${JSON.stringify(extra)}`);
}
