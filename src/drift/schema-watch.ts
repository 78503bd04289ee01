import { SchemaError } from '../errors.ts';
import { type Misfit } from './compare.ts';

/** What watching the schema works with. */
export interface SchemaWatchOptions {
  /** `connect`: compare at every connection; `onError`: only when a row does not fit. */
  readonly mode: 'connect' | 'onError';
  /** Compares the server's schema with what the generated code expects. */
  readonly check: (signal: AbortSignal) => Promise<readonly Misfit[]>;
  /** These tables do not fit. Called at most once for a table and connection. */
  readonly onTables: (errors: ReadonlyMap<string, SchemaError>) => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Knows whether the server of the current connection fits the generated code. What is known ends with the connection: the next one may be to a server
 * that fits again.
 */
export class SchemaWatch {
  readonly #options: SchemaWatchOptions;
  #connection = new AbortController();
  #checking: Promise<void> | undefined;
  readonly #errors = new Map<string, SchemaError>();
  #areFunctionsTold = false;

  constructor(options: SchemaWatchOptions) {
    this.#options = options;
  }

  /** A connection is open. */
  onOpen(): void {
    this.onLost();
    this.#connection = new AbortController();
    if (this.#options.mode === 'connect') void this.#check();
  }

  /** The connection is gone, and what was known of its server with it. */
  onLost(): void {
    this.#connection.abort();
    this.#checking = undefined;
    this.#errors.clear();
    this.#areFunctionsTold = false;
  }

  /** Why rows of one of these tables cannot be read, where that is known. */
  errorFor(tables: readonly string[]): SchemaError | undefined {
    for (const table of tables) {
      const error = this.#errors.get(table);
      if (error !== undefined) return error;
    }
    return undefined;
  }

  /** Finds out why a row does not fit: the error that says it, or `error` itself where nothing says more. */
  async explain(error: SchemaError): Promise<SchemaError> {
    const { table } = error;
    if (table === undefined) return error;
    // Rows may fail that fitted before: a module can change under a connection. Hence what was found out once is not the last word.
    if (!this.#errors.has(table)) await this.#check();
    const known = this.#errors.get(table);
    if (known === undefined) return error;
    known.cause ??= error;
    return known;
  }

  /** Compares, once for everybody who asks meanwhile. What goes wrong with that is told, and hides nothing. */
  #check(): Promise<void> {
    if (this.#checking !== undefined) return this.#checking;
    const { signal } = this.#connection;
    const checking = this.#compare(signal)
      .catch((error: unknown) => {
        if (!signal.aborted) this.#options.onError(error);
      })
      .finally(() => {
        if (this.#checking === checking) this.#checking = undefined;
      });
    this.#checking = checking;
    return checking;
  }

  async #compare(signal: AbortSignal): Promise<void> {
    const misfits = await this.#options.check(signal);
    signal.throwIfAborted();
    const found = new Map<string, SchemaError>();
    const errors: SchemaError[] = [];
    for (const { message, ...place } of misfits) {
      const { table } = place;
      if (table === undefined ? this.#areFunctionsTold : this.#errors.has(table)) continue;
      const error = new SchemaError(message, place);
      errors.push(error);
      if (table !== undefined) found.set(table, error);
    }
    this.#areFunctionsTold = true;
    for (const [table, error] of found) this.#errors.set(table, error);
    if (found.size > 0) this.#options.onTables(found);
    for (const error of errors) this.#options.onError(error);
  }
}
