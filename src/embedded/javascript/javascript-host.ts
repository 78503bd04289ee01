import { runInContext } from 'node:vm';
import {
  type FunctionCall,
  type HostFactory,
  type HostOps,
  type ModuleHost,
  ModuleTrap,
  type ModuleTrapDetails,
  type ProcedureContext,
  type ReducerReturn,
  type ViewCall,
  type ViewReturn,
} from '../module-host.ts';
import { withCalls } from '../log-record.ts';
import { ModuleLoadError } from '../module-load-error.ts';
import { WorkerPool } from '../procedures/worker-pool.ts';
import { RowIterators } from '../row-iterators.ts';
import { readViewResult } from '../view-result.ts';
import { type ModuleBundle, systemParameter } from './bundle.ts';
import { hooksOf, type ModuleHooks } from './module-hooks.ts';
import { bytesFor, createRealm, type Realm } from './realm.ts';
import { printFrame, StackTraces } from './stack-traces.ts';
import { startThread } from './thread-instance.ts';
import { type Guest, type SystemModule, systemModules } from './system-functions.ts';

/** The host of a module in TypeScript or JavaScript. */
export function javascriptHost(bundle: ModuleBundle): HostFactory {
  // oxlint-disable-next-line typescript/require-await -- loading fails by rejecting, as for every kind of module.
  return async (ops) => {
    const host = new JavaScriptHost(bundle, ops);
    if (!bundle.mayWait) return host;
    // A thread has a realm of its own, and with it its own values of the module's variables, as instances of a module have on a server.
    const pool = new WorkerPool(async () => startThread(bundle, ops));
    return {
      definition: host.definition,
      callReducer: (call) => host.callReducer(call),
      callView: (call) => host.callView(call),
      callProcedure: async (call, context) => pool.call(call, context),
      close: () => pool.close(),
    };
  };
}

/**
 * Runs a module in a realm of its own, on this thread, so that breakpoints in its source hold. All its functions share that realm: what one that throws
 * left in the module's own variables stays there, as on a server.
 */
export class JavaScriptHost implements ModuleHost {
  readonly definition: Uint8Array;
  readonly #realm: Realm;
  readonly #traces: StackTraces;
  readonly #iterators = new RowIterators();
  readonly #ops: HostOps;
  readonly #hooks: ModuleHooks;
  /** Until the module is loaded nobody knows its classes of errors. */
  #hostError: ModuleHooks['hostError'] = (_, message) => new this.#realm.globals.Error(message);
  /** How many functions of the module are running, one within the other. */
  #depth = 0;
  /** Whether the call that ended last left a promise of its own that nobody listens to, as one that is async does. */
  #leftPromise = false;

  /** `httpRequest` makes a request and waits for it; without it requests are refused. */
  constructor(bundle: ModuleBundle, ops: HostOps, httpRequest?: Guest['httpRequest']) {
    this.#ops = ops;
    this.#realm = createRealm(() => ops.nowMicros());
    this.#traces = new StackTraces(bundle, this.#realm);
    const moduleHooks = Symbol('SpacetimeDB.moduleHooks.v2');
    const systems = systemModules({ ...this.#guest(ops), httpRequest }, moduleHooks);
    this.#hooks = this.#loading(() => hooksOf(evaluate(bundle, this.#realm, systems), moduleHooks));
    this.#hostError = this.#hooks.hostError;
    this.definition = this.#loading(() => this.#hooks.describe());
  }

  #guest(ops: HostOps): Omit<Guest, 'httpRequest'> {
    return {
      ops,
      iterators: this.#iterators,
      here: () => this.#traces.here(),
      bytesFor: (bytes) => bytesFor(this.#realm, bytes),
      errorFor: (errno, message) => this.#hostError(errno, message),
      isRunning: () => this.#depth > 0,
    };
  }

  callReducer({ id, sender, connectionId, timestamp, args }: FunctionCall): ReducerReturn {
    try {
      this.#within(() => {
        const view = new this.#realm.globals.DataView(bytesFor(this.#realm, args).buffer);
        this.#hooks.callReducer(id, sender.value, connectionId?.value ?? 0n, timestamp, view);
      });
      return { tag: 'ok' };
    } catch (error) {
      const message = this.#hooks.senderError(error);
      if (message === undefined) throw this.#trap(error);
      return { tag: 'error', message };
    }
  }

  callView({ id, sender }: ViewCall): ViewReturn {
    const noArgs = bytesFor(this.#realm, new Uint8Array());
    return readViewResult(
      this.#trapping(() =>
        sender === undefined
          ? this.#hooks.callAnonymousView(id, noArgs)
          : this.#hooks.callView(id, sender.value, noArgs),
      ),
    );
  }

  callProcedure(call: FunctionCall, { within }: ProcedureContext): Uint8Array {
    return within(() => this.runProcedure(call));
  }

  /** Runs a procedure on this thread. Throws a {@link ModuleTrap}. */
  runProcedure({ id, sender, connectionId, timestamp, args }: FunctionCall): Uint8Array {
    const connection = connectionId?.value ?? 0n;
    return this.#trapping(() =>
      this.#hooks.callProcedure(id, sender.value, connection, timestamp, bytesFor(this.#realm, args)),
    );
  }

  #trapping<T>(call: () => T): T {
    try {
      return this.#within(call);
    } catch (error) {
      // Within another function, such as a view in the commit of a procedure, nothing has been settled yet.
      throw this.#trap(
        error,
        this.#depth === 0 && this.#leftPromise ? `; perhaps because it is async: ${notAsync}` : '',
      );
    }
  }

  /** Runs a function of the module, carries out what it put off, and closes what it left open. */
  #within<T>(call: () => T): T {
    this.#depth++;
    try {
      return call();
    } finally {
      if (this.#depth === 1) this.#settlePromises();
      this.#depth--;
      if (this.#depth === 0) this.#iterators.clear();
    }
  }

  /** A server carries this out as well, and says nothing of what became of it. */
  #settlePromises(): void {
    const unheard = this.#realm.promises.settle();
    this.#leftPromise = unheard.some(({ isDerived }) => !isDerived);
    for (const { outcome, reason } of unheard) if (outcome === 'rejected') this.tellOfStray(reason);
    // What a package that the module uses has ready from the start harms nobody.
    if (this.#depth === 0) return;
    if (unheard.some(({ outcome }) => outcome === 'waiting')) {
      this.#warn('has a promise that is not settled when it ends; what waits for it may never be carried out');
    } else if (unheard.some(({ outcome, isDerived }) => outcome === 'fulfilled' && !isDerived)) {
      this.#warn('has a promise whose value nobody waits for');
    }
  }

  /** Why a promise was rejected that nobody listens to. */
  tellOfStray(reason: unknown): void {
    const { trace, place } = this.#placeOf(reason);
    const mistake = `has a promise that was rejected, which takes back nothing of what it wrote: ${textOf(reason)}; ${notAsync}`;
    this.#ops.logMistake('error', withCalls(mistake, trace ?? []), place);
  }

  #warn(mistake: string): void {
    this.#ops.logMistake('warn', `${mistake}; ${notAsync}`, undefined);
  }

  /** `advice`: what may be behind it. What a reducer returns is not looked at, so that one which is async does not die of that. */
  #trap(error: unknown, advice = ''): ModuleTrap {
    return new ModuleTrap(`Uncaught ${textOf(error)}${advice}`, { cause: error, ...this.#placeOf(error) });
  }

  #placeOf(error: unknown): Omit<ModuleTrapDetails, 'cause'> {
    const own = this.#traces.own(error);
    const trace = this.#traces.of(error).map(printFrame);
    return own === undefined ? { trace } : { trace, place: { filename: own.filename, lineNumber: own.line } };
  }

  #loading<T>(load: () => T): T {
    try {
      return load();
    } catch (error) {
      if (error instanceof ModuleLoadError) throw error;
      const place = this.#traces.own(error);
      const where = place === undefined ? '' : `${place.filename}:${place.line}:${place.column}: `;
      const trace = this.#traces.of(error).map(printFrame);
      throw new ModuleLoadError(`${where}${textOf(error)}`, { cause: error, trace });
    } finally {
      this.#settlePromises();
    }
  }
}

const notAsync = 'no function of a module may be async';

/** Runs a bundle in a realm; the result is what it exports. */
function evaluate(
  { code, scriptUrl }: ModuleBundle,
  realm: Realm,
  systems: ReadonlyMap<string, SystemModule>,
): unknown {
  // What `compileFunction` makes begins a line too low in Bun.
  const wrapped = `(function (${systemParameter}) {${code}\n})`;
  const run: (system: (name: string) => unknown) => unknown = runInContext(wrapped, realm.context, {
    filename: scriptUrl,
  });
  return run((name) => systems.get(name));
}

/** The text of whatever was thrown. */
function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return 'an error that does not say what it is';
  }
}
