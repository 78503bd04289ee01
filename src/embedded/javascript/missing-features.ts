import { addIteratorHelpers } from './iterator-helpers.ts';
import { addWhereMissing, type RealmGlobals } from './realm-globals.ts';
import { addSetMethods } from './set-methods.ts';

/** Adds what the engine of a server has and that of an older Node lacks. What is there already stays. */
export function addMissingFeatures(globals: RealmGlobals): void {
  for (const name of ['dispose', 'asyncDispose'] as const) addWhereMissing(globals.Symbol, name, Symbol[name]);
  addSetMethods(globals);
  addIteratorHelpers(globals);
  addWhereMissing(globals.Object, 'groupBy', (items: Iterable<unknown>, keyOf: GroupKey) => {
    const groups: Record<PropertyKey, unknown[]> = globals.Object.create(null);
    for (const [key, values] of grouped(globals, items, (item, index) => propertyKey(keyOf(item, index)))) {
      groups[key] = values;
    }
    return groups;
  });
  addWhereMissing(globals.Map, 'groupBy', (items: Iterable<unknown>, keyOf: GroupKey) =>
    grouped(globals, items, keyOf),
  );
  addWhereMissing(globals.Promise, 'withResolvers', () => {
    const parts: { promise?: unknown; resolve?: unknown; reject?: unknown } = new globals.Object();
    parts.promise = new globals.Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
    return parts;
  });
}

type GroupKey = (item: unknown, index: number) => unknown;

function grouped<Key>(
  { Map, Array }: RealmGlobals,
  items: Iterable<unknown>,
  keyOf: (item: unknown, index: number) => Key,
): Map<Key, unknown[]> {
  const groups = new Map<Key, unknown[]>();
  let index = 0;
  for (const item of items) {
    const key = keyOf(item, index++);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, Array.of(item));
    else group.push(item);
  }
  return groups;
}

function propertyKey(value: unknown): PropertyKey {
  return typeof value === 'symbol' ? value : String(value);
}
