import { addWhereMissing, type RealmGlobals } from './realm-globals.ts';

type Callback<Result> = (value: unknown, index: number) => Result;
type Items = Iterable<unknown>;

/** Adds `map`, `filter` and the other methods of iterators, which Node has from version 22 on, and the global `Iterator`. */
export function addIteratorHelpers(globals: RealmGlobals): void {
  const prototype = iteratorPrototypeOf(globals);
  if ('map' in prototype) return;
  const lazy = (name: string, run: (items: Items, arg: never) => Generator): void => {
    const method = function (this: Items, arg: never): object {
      return iteratorOver(run(this, arg), prototype);
    };
    addWhereMissing(prototype, name, method);
  };
  lazy('map', map);
  lazy('filter', filter);
  lazy('take', take);
  lazy('drop', drop);
  lazy('flatMap', flatMap);
  addEagerMethods(prototype, globals);
  addIteratorGlobal(globals, prototype);
}

function iteratorPrototypeOf({ Array, Object }: RealmGlobals): object {
  const prototype: unknown = Object.getPrototypeOf(Object.getPrototypeOf(new Array()[Symbol.iterator]()));
  if (typeof prototype !== 'object' || prototype === null) throw new TypeError('arrays have no iterators');
  return prototype;
}

/** An iterator of the realm, which has the helpers in its turn, over a generator of ours, which has not. */
function iteratorOver(generator: Generator, prototype: object): object {
  const iterator: object = Object.create(prototype);
  addWhereMissing(iterator, 'next', () => generator.next());
  addWhereMissing(iterator, 'return', (value: unknown) => generator.return(value));
  return iterator;
}

function* map(items: Items, callback: Callback<unknown>): Generator {
  let index = 0;
  for (const item of items) yield callback(item, index++);
}

function* filter(items: Items, callback: Callback<boolean>): Generator {
  let index = 0;
  for (const item of items) if (callback(item, index++)) yield item;
}

function* take(items: Items, count: number): Generator {
  let left = count;
  if (left <= 0) return;
  for (const item of items) {
    yield item;
    if (--left <= 0) return;
  }
}

function* drop(items: Items, count: number): Generator {
  let left = count;
  for (const item of items) if (left-- <= 0) yield item;
}

function* flatMap(items: Items, callback: Callback<Items>): Generator {
  let index = 0;
  for (const item of items) yield* callback(item, index++);
}

function addEagerMethods(prototype: object, { Array, TypeError: RealmTypeError }: RealmGlobals): void {
  const eager = (name: string, run: (this: Items, callback: never, ...start: readonly unknown[]) => unknown): void =>
    addWhereMissing(prototype, name, run);
  eager('toArray', function () {
    return Array.from(this);
  });
  eager('forEach', function (callback: Callback<void>) {
    let index = 0;
    for (const item of this) callback(item, index++);
  });
  eager('some', function (callback: Callback<boolean>) {
    let index = 0;
    for (const item of this) if (callback(item, index++)) return true;
    return false;
  });
  eager('every', function (callback: Callback<boolean>) {
    let index = 0;
    for (const item of this) if (!callback(item, index++)) return false;
    return true;
  });
  eager('find', function (callback: Callback<boolean>) {
    let index = 0;
    for (const item of this) if (callback(item, index++)) return item;
    return undefined;
  });
  eager('reduce', function (callback: (sum: unknown, value: unknown, index: number) => unknown, ...start: unknown[]) {
    let [sum, isEmpty, index] = [start[0], start.length === 0, 0];
    for (const item of this) {
      sum = isEmpty ? item : callback(sum, item, index);
      isEmpty = false;
      index++;
    }
    if (isEmpty) throw new RealmTypeError('reduce of an empty iterator needs a first value');
    return sum;
  });
}

function addIteratorGlobal(globals: RealmGlobals, prototype: object): void {
  const constructor = function (): void {
    throw new globals.TypeError('Iterator is abstract');
  };
  constructor.prototype = prototype;
  addWhereMissing(constructor, 'from', (items: Items) =>
    iteratorOver(
      map(items, (item) => item),
      prototype,
    ),
  );
  addWhereMissing(globals, 'Iterator', constructor);
}
