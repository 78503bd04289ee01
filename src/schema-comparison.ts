import { httpUrl } from './connection/address.ts';
import { checkSchema } from './drift/check.ts';
import { SchemaWatch } from './drift/schema-watch.ts';
import { ConnectionError, messageOf } from './errors.ts';
import { type SchemaCheckOptions } from './schema-check.ts';

/** How long the server may take to say what its schema is, in milliseconds. */
const schemaTimeoutMs = 10_000;

/** Compares the server's schema with what the generated code expects: query sets that return rows of a table that differs are given up. */
export function compareSchemas(options: SchemaCheckOptions): SchemaWatch {
  const { mode = 'onError', expected, onError } = options;
  return new SchemaWatch({
    mode,
    check: async (signal) => {
      if (expected === undefined) return [];
      const { schema } = await expected();
      try {
        return await checkSchema(schema, (version) => askForSchema(version, options, signal));
      } catch (cause) {
        const { host, database } = options.address;
        const reason = messageOf(cause);
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
