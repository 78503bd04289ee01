import { type Address, httpUrl } from './connection/address.ts';
import { type ModuleShape } from './drift/compare.ts';
import { SchemaWatch } from './drift/schema-watch.ts';
import { ConnectionError, type SchemaError } from './errors.ts';
import { type ClientOptions } from './options.ts';
import { type Clock } from './platform/clock.ts';
import { type QuerySet } from './subscription/query-set.ts';

/** How long the server may take to say what its schema is, in milliseconds. */
const schemaTimeoutMs = 10_000;

/** What the check of the schema works with. */
export interface SchemaCheckOptions {
  readonly mode: ClientOptions['checkSchema'];
  readonly address: Address;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  /** What the generated code expects of a server; without it there is nothing to compare with. */
  readonly expected: (() => Promise<{ readonly schema: ModuleShape }>) | undefined;
  readonly liveSets: () => readonly QuerySet[];
  /** Gives up a query set whose rows cannot be read. */
  readonly giveUp: (querySetId: number, error: SchemaError) => void;
  readonly onError: (error: unknown) => void;
}

/** Sees to it that a server which does not fit the generated code is noticed: query sets that return rows of a table that differs are given up. */
export function watchSchema(options: SchemaCheckOptions): SchemaWatch {
  const { mode = 'onError', expected, onError } = options;
  return new SchemaWatch({
    mode,
    check: async (signal) => {
      if (expected === undefined) return [];
      // Only now: most programs never need what reads definitions of modules.
      const [{ checkSchema }, { schema }] = await Promise.all([import('./drift/check.ts'), expected()]);
      try {
        return await checkSchema(schema, (version) => askForSchema(version, options, signal));
      } catch (cause) {
        const { host, database } = options.address;
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new ConnectionError(
          `comparing the schema of ${database} at ${host} with the generated code failed: ${reason}`,
          { cause },
        );
      }
    },
    onTables: (errors) => {
      for (const { id, tables } of options.liveSets()) {
        const error = tables.map((table) => errors.get(table)).find((each) => each !== undefined);
        if (error !== undefined) options.giveUp(id, error);
      }
    },
    onError,
  });
}

async function askForSchema(
  version: 9 | 10,
  { address, fetch, clock }: SchemaCheckOptions,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly text: string }> {
  const url = httpUrl(address, `/v1/database/${encodeURIComponent(address.database)}/schema?version=${version}`);
  const ended = new AbortController();
  const abort = (): void => ended.abort(signal.reason);
  signal.addEventListener('abort', abort);
  const cancelTimer = clock.setTimer(schemaTimeoutMs, () =>
    ended.abort(new Error(`no answer within ${schemaTimeoutMs} ms`)),
  );
  try {
    const response = await fetch(url, { signal: ended.signal });
    return { status: response.status, text: await response.text() };
  } finally {
    cancelTimer();
    signal.removeEventListener('abort', abort);
  }
}
