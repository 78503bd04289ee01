/** The globals of a realm that the host works with. Their objects are not instances of the host's own classes, nor the other way round. */
export interface RealmGlobals {
  readonly Object: ObjectConstructor;
  readonly Array: ArrayConstructor;
  readonly Map: MapConstructor;
  readonly Set: SetConstructor;
  readonly Symbol: SymbolConstructor;
  readonly Promise: PromiseConstructor;
  readonly WebAssembly: object;
  readonly Error: ErrorConstructor;
  readonly TypeError: TypeErrorConstructor;
  readonly Uint8Array: Uint8ArrayConstructor;
  readonly DataView: DataViewConstructor;
  readonly Date: DateConstructor;
  readonly Math: Math;
}

/** Adds a global or a method as the language's own are: not enumerable. */
export function define(target: object, name: PropertyKey, value: unknown): void {
  Object.defineProperty(target, name, { configurable: true, enumerable: false, writable: true, value });
}

/** Adds a property as the language's own are, unless there is one. */
export function addWhereMissing(target: object, name: PropertyKey, value: unknown): void {
  if (!(name in target)) define(target, name, value);
}
