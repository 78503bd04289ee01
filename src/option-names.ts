import { checkedMillis } from './millis.ts';

/**
 * Throws a `TypeError` for an option that `whose` does not know: for callers without a compiler, whose misspelt option would do nothing without a word. The
 * error says which ones begin alike, or else all.
 */
export function checkNames(whose: string, given: object, known: readonly string[]): void {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const alike = known.filter((each) => each.startsWith(name.slice(0, 3)));
    throw new TypeError(`${whose} has no option ${name}, but ${(alike.length > 0 ? alike : known).join(', ')}`);
  }
}

/** The same for the options of a call. The event of a page whose handler it is, as in `button.onclick = client.reducers.increment`, is passed in their place and says nothing. */
export function checkCallNames(action: string, given: object, known: readonly string[]): void {
  if (Object.getPrototypeOf(given) === Object.prototype) checkNames(action, given, known);
}

/**
 * What is given, and the default of what is not. Throws as {@link checkNames} does for an option that has no default, and a `RangeError` for one in milliseconds, as
 * their names say, that is no length of time.
 */
export function withDefaults<Options extends object>(
  whose: string,
  given: { readonly [Name in keyof Options]?: Options[Name] | undefined } = {},
  defaults: Options,
): Options {
  checkNames(whose, given, Object.keys(defaults));
  const options: Options = { ...defaults, ...given };
  for (const name in defaults) {
    options[name] ??= defaults[name];
    if (name.endsWith('Ms')) checkedMillis(`${whose}.${name}`, options[name]);
  }
  return options;
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
