import { type Address } from './connection/address.ts';
import { type ModuleShape } from './drift/compare.ts';
import { type Doubt, type SchemaWatch } from './drift/schema-watch.ts';
import { type SchemaError } from './errors.ts';
import { onDemand } from './on-demand.ts';
import { type ClientOptions } from './options.ts';
import { type Clock } from './platform/clock.ts';
import { type QuerySet } from './subscription/query-set.ts';

/** Whose schema is checked. */
export interface SchemaCheckHost {
  readonly address: Address;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  /** What the generated code expects of a server; without it there is nothing to compare with. */
  readonly module: { readonly schema?: () => Promise<{ readonly schema: ModuleShape }> };
  readonly querySets: { live(): readonly QuerySet[] };
  /** Gives up a query set whose rows cannot be read. */
  giveUp(querySetId: number, error: SchemaError): void;
  readonly reportError: (error: unknown) => void;
}

/** When the schema is compared. */
export type SchemaCheckMode = ClientOptions['checkSchema'];

/**
 * Sees to it that a server which does not fit the generated code is noticed. What finds out why is loaded when there is doubt, over the network that has just
 * brought the row which does not fit; without it the doubt itself is what everybody is told.
 */
export class SchemaCheck {
  readonly #host: SchemaCheckHost;
  readonly #mode: SchemaCheckMode;
  /** There from the first doubt on. */
  #watch: SchemaWatch | undefined;
  /** The present connection, another object each time. */
  #connection: object | undefined;

  constructor(host: SchemaCheckHost, mode: SchemaCheckMode) {
    this.#host = host;
    this.#mode = mode;
  }

  /** A connection is open. */
  onOpen(): void {
    this.#connection = {};
    if (this.#watch !== undefined) this.#watch.onOpen();
    else if (this.#mode === 'connect') void this.#load();
  }

  /** The connection is gone, and what was known of its server with it. */
  onLost(): void {
    this.#connection = undefined;
    this.#watch?.onLost();
  }

  /** Why rows of one of these tables cannot be read, where that is known. */
  errorFor(tables: readonly string[]): SchemaError | undefined {
    return this.#watch?.errorFor(tables);
  }

  /** Finds out why a row does not fit: the error that says it, or `error` itself where nothing says more. */
  async explain(error: SchemaError): Promise<SchemaError> {
    const connection = this.#connection;
    const watch = await this.#load();
    return watch === undefined || connection !== this.#connection ? error : watch.explain(error);
  }

  /** The server refused a call with this text: where it could not read the arguments, or knows no such function, the schema tells why. */
  onRefusal(message: string): void {
    const [refusal] = refusalForm.exec(message) ?? [];
    if (refusal !== undefined) void this.#doubt(refusal);
  }

  /** The server has given up a query set that it had accepted. The module may be another one by now: the error that says what is different about its tables, else `error`. */
  async explainEnd(error: Error, tables: readonly string[]): Promise<Error> {
    const watch = await this.#doubt(error.message, { error, tables });
    const misfit = watch?.errorFor(tables);
    if (misfit === undefined) return error;
    misfit.cause ??= error;
    return misfit;
  }

  /** Has the schema compared, once for a reason; `undefined` where the connection is gone meanwhile. */
  async #doubt(reason: string, why?: Doubt): Promise<SchemaWatch | undefined> {
    const connection = this.#connection;
    const watch = await this.#load();
    if (connection !== this.#connection) return undefined;
    await watch?.onRefusal(reason, why);
    return watch;
  }

  async #load(): Promise<SchemaWatch | undefined> {
    try {
      const doing = 'comparing the schema of the server with the generated code';
      const { compareSchemas } = await onDemand(doing, () => import('./schema-comparison.ts'));
      if (this.#watch === undefined) {
        this.#watch = compareSchemas(this.#host, this.#mode);
        if (this.#connection !== undefined) this.#watch.onOpen();
      }
    } catch (error) {
      this.#host.reportError(error);
    }
    return this.#watch;
  }
}

/** What a server says of a call that it could make nothing of, up to what was wrong with it. */
const refusalForm = /^(?:invalid arguments for (?:reducer|procedure) [^:]*|no such (?:reducer|procedure)$)/i;
