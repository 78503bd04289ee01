/**
 * Throws a `TypeError` for an option that `whose` does not know: for callers without a compiler, whose misspelt option would do nothing without a word. The
 * error says which ones begin alike, or else all.
 */
export function checkNames(whose: string, given: object, known: ReadonlySet<string>): void {
  for (const name of Object.keys(given)) {
    if (known.has(name)) continue;
    const names = [...known];
    const alike = names.filter((each) => each.startsWith(name.slice(0, 3)));
    throw new TypeError(`${whose} has no option ${name}, but ${(alike.length > 0 ? alike : names).join(', ')}`);
  }
}

/** The same options, and the names that are looked at: once they have been made use of, each by its name, all there are. */
export function watchedNames<Options extends object>(
  given: Options,
): { readonly options: Options; readonly names: ReadonlySet<string> } {
  const names = new Set<string>();
  const options = new Proxy(given, {
    get: (_, name) => {
      names.add(String(name));
      return Reflect.get(given, name);
    },
  });
  return { options, names };
}
