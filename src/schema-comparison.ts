import { httpUrl } from './connection/address.ts';
import { checkSchema } from './drift/check.ts';
import { SchemaWatch } from './drift/schema-watch.ts';
import { ConnectionError, messageOf } from './errors.ts';
import { type SchemaCheckHost, type SchemaCheckMode } from './schema-check.ts';

/** How long the server may take to say what its schema is, in milliseconds. */
const schemaTimeoutMs = 10_000;

/** Compares the server's schema with what the generated code expects: query sets that return rows of a table that differs are given up. */
export function compareSchemas(host: SchemaCheckHost, mode: SchemaCheckMode = 'onError'): SchemaWatch {
  return new SchemaWatch({
    mode,
    check: async (signal) => {
      if (host.module.schema === undefined) return [];
      const { schema } = await host.module.schema();
      try {
        return await checkSchema(schema, (version) => askForSchema(version, host, signal));
      } catch (cause) {
        const { address } = host;
        const reason = messageOf(cause);
        throw new ConnectionError(
          `comparing the schema of ${address.database} at ${address.host} with the generated code failed: ${reason}`,
          { cause },
        );
      }
    },
    onTables: (errors) => {
      for (const { id, tables } of host.querySets.live()) {
        const error = tables.map((table) => errors.get(table)).find((each) => each !== undefined);
        if (error !== undefined) host.giveUp(id, error);
      }
    },
    onError: host.reportError,
  });
}

async function askForSchema(
  version: 9 | 10,
  { address, fetch, clock }: SchemaCheckHost,
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
