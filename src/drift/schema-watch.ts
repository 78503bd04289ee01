import { SchemaError } from '../errors.ts';
import { type Misfit } from './compare.ts';

/** What watching the schema works with. */
export interface SchemaWatchOptions {
  /** `connect`: compare at every connection; `onError`: only when a row does not fit. */
  readonly mode: 'connect' | 'onError';
  /** Compares the server's schema with what the generated code expects. */
  readonly check: (signal: AbortSignal) => Promise<readonly Misfit[]>;
  /** Rows of these tables cannot be read. Called at most once for a table and connection. */
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
  /** What was told on this connection, by its text. */
  readonly #told = new Map<string, SchemaError>();
  /** The tables that differ, with the last word on each. */
  readonly #tables = new Map<string, KnownMisfit>();
  /** Which refusals made this client compare. */
  readonly #refusals = new Set<string>();

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
    this.#told.clear();
    this.#tables.clear();
    this.#refusals.clear();
  }

  /** Why rows of one of these tables cannot be read, where that is known. */
  errorFor(tables: readonly string[]): SchemaError | undefined {
    for (const table of tables) {
      const misfit = this.#tables.get(table);
      if (misfit?.isReadable === false) return misfit.error;
    }
    return undefined;
  }

  /** The server could make nothing of a call, or no longer of a query set. One refusal of a kind has the schema compared; fulfilled when that is done. */
  async onRefusal(refusal: string, why?: Doubt): Promise<void> {
    const isNew = !this.#refusals.has(refusal);
    this.#refusals.add(refusal);
    await (isNew ? this.#check(why) : this.#checking);
  }

  /** Finds out why a row does not fit: the error that says it, or `error` itself where nothing says more. */
  async explain(error: SchemaError): Promise<SchemaError> {
    const { table } = error;
    if (table === undefined) return error;
    // Rows may fail that fitted before: a module can change under a connection. Hence what was found out once is not the last word.
    if (this.#tables.get(table)?.isReadable !== false) await this.#check({ error, tables: [table] });
    const known = this.#tables.get(table)?.error;
    if (known === undefined) return error;
    known.cause ??= error;
    return known;
  }

  /** Compares, once for everybody who asks meanwhile. What goes wrong with that is told, and hides nothing. */
  #check(why?: Doubt): Promise<void> {
    if (this.#checking !== undefined) return this.#checking;
    const { signal } = this.#connection;
    const checking = this.#compare(signal, why)
      .catch((error: unknown) => {
        if (!signal.aborted) this.#options.onError(error);
      })
      .finally(() => {
        if (this.#checking === checking) this.#checking = undefined;
      });
    this.#checking = checking;
    return checking;
  }

  async #compare(signal: AbortSignal, why: Doubt | undefined): Promise<void> {
    const misfits = await this.#options.check(signal);
    signal.throwIfAborted();
    const unreadable = new Map<string, SchemaError>();
    const errors: SchemaError[] = [];
    for (const { message, isReadable = false, ...place } of misfits) {
      const { table } = place;
      const error = this.#told.get(message) ?? new SchemaError(message, place);
      if (!this.#told.has(message)) errors.push(error);
      this.#told.set(message, error);
      if (table === undefined) continue;
      // Before anybody is told.
      if (why?.tables.includes(table) === true) error.cause ??= why.error;
      if (!isReadable && this.#tables.get(table)?.isReadable !== false) unreadable.set(table, error);
      this.#tables.set(table, { error, isReadable });
    }
    if (unreadable.size > 0) this.#options.onTables(unreadable);
    for (const error of errors) this.#options.onError(error);
  }
}

/** What the schema is compared for: what went wrong with these tables. */
export interface Doubt {
  readonly error: Error;
  readonly tables: readonly string[];
}

interface KnownMisfit {
  readonly error: SchemaError;
  /** Whether rows may come that can be read. */
  readonly isReadable: boolean;
}
