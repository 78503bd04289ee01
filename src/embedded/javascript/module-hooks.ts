import { ModuleLoadError } from '../module-load-error.ts';

/** What a module's schema hands out: how the host calls the module. Arrays and views among the arguments are of the module's realm. */
export interface ModuleHooks {
  readonly describe: () => Uint8Array;
  readonly callReducer: (id: number, sender: bigint, connection: bigint, timestamp: bigint, args: DataView) => unknown;
  readonly callView: (id: number, sender: bigint, args: Uint8Array) => Uint8Array;
  readonly callAnonymousView: (id: number, args: Uint8Array) => Uint8Array;
  readonly callProcedure: (
    id: number,
    sender: bigint,
    connection: bigint,
    timestamp: bigint,
    args: Uint8Array,
  ) => Uint8Array;
  /** An error that the module's code can catch, of the class that its library has for an error number. */
  readonly hostError: (errno: number, message: string) => unknown;
  /** The message of an error that is meant for the caller; `undefined` for every other. */
  readonly senderError: (thrown: unknown) => string | undefined;
}

/** Asks what a module exports for its hooks. Throws a {@link ModuleLoadError} when it is no module of SpacetimeDB. */
export function hooksOf(exports: unknown, moduleHooks: symbol): ModuleHooks {
  const schema = isObject(exports) ? exports['default'] : undefined;
  if (schema === undefined)
    throw new ModuleLoadError('it has no schema as its default export; write: export default schema');
  const makeHooks: unknown = isObject(schema) ? schema[moduleHooks] : undefined;
  if (typeof makeHooks !== 'function') {
    throw new ModuleLoadError(
      `its default export is no schema of a module; write: import { schema } from 'spacetimedb/server', and export default what schema({…}) returns`,
    );
  }
  const hooks = register(exports, () => Reflect.apply(makeHooks, schema, [exports]));
  if (!isObject(hooks)) throw new ModuleLoadError('its schema has no hooks; this needs spacetimedb 2.x');
  return wrap(hooks);
}

/** Has the library register what the module exports; where it does not know one, it does not say which. */
function register(exports: unknown, ask: () => unknown): unknown {
  try {
    return ask();
  } catch (cause) {
    // What the library makes is marked by symbols of its own.
    const strays = isObject(exports)
      ? Object.keys(exports).filter((name) => name !== 'default' && !isMarked(exports[name]))
      : [];
    if (strays.length === 0 || !/not a spacetime export/.test(String(cause))) throw cause;
    const why = `it exports ${strays.join(', ')}, which SpacetimeDB does not know; a module exports its schema, and what spacetimedb.reducer(…) and its like return`;
    throw new ModuleLoadError(why, { cause });
  }
}

function isMarked(value: unknown): boolean {
  return isObject(value) && Object.getOwnPropertySymbols(value).length > 0;
}

type AnyFunction = (...args: readonly unknown[]) => unknown;

/** The hooks by names of our own. They use private fields, so that they have to be called on the object that they are of. */
function wrap(hooks: Readonly<Record<PropertyKey, unknown>>): ModuleHooks {
  const hook = (name: string): AnyFunction => {
    const value = hooks[name];
    if (typeof value !== 'function')
      throw new ModuleLoadError(`its schema has no hook ${name}; this needs spacetimedb 2.x`);
    return (...args) => Reflect.apply(value, hooks, args) as unknown;
  };
  const bytes = (name: string): ((...args: readonly unknown[]) => Uint8Array) => {
    const call = hook(name);
    return (...args) => copyOf(call(...args), name);
  };
  const errorClass = hook('__get_error_constructor__');
  const senderErrorClass = hooks['__sender_error_class__'];
  return {
    describe: bytes('__describe_module__'),
    callReducer: hook('__call_reducer__'),
    callView: bytes('__call_view__'),
    callAnonymousView: bytes('__call_view_anon__'),
    callProcedure: bytes('__call_procedure__'),
    hostError: (errno, message) => {
      const constructor = errorClass(errno);
      return typeof constructor === 'function' ? Reflect.construct(constructor, [message]) : new Error(message);
    },
    senderError: (thrown) => {
      if (typeof senderErrorClass !== 'function' || !(thrown instanceof senderErrorClass)) return undefined;
      return isObject(thrown) ? String(thrown['message']) : '';
    },
  };
}

/** A view answers with an object around its bytes. */
function copyOf(answer: unknown, name: string): Uint8Array {
  const bytes = isObject(answer) && 'data' in answer ? answer['data'] : answer;
  if (ArrayBuffer.isView(bytes)) {
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength).slice();
  }
  throw new TypeError(`${name} answered with something else than bytes`);
}

function isObject(value: unknown): value is Readonly<Record<PropertyKey, unknown>> {
  return (typeof value === 'object' || typeof value === 'function') && value !== null;
}
