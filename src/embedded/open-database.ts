import { randomBytes } from 'node:crypto';
import { type Identity } from '../bsatn/special/identity.ts';
import { messageOf } from '../errors.ts';
import { moduleFromBsatn } from '../module-def/index.ts';
import { type Clock, systemClock } from './clock.ts';
import { ContentCache } from './content-cache.ts';
import { type DatabaseImage } from './database-image.ts';
import { Database, type DatabaseParts } from './database.ts';
import { type Journal } from './durability/journal.ts';
import { flatModule } from './flat-module.ts';
import { type LogRecord } from './log-record.ts';
import { type HostFactory, type ModuleHost } from './module-host.ts';
import { ModuleLoadError } from './module-load-error.ts';
import { Operations } from './operations.ts';
import { refuseUnsupported } from './supported.ts';
import { wasmHost } from './wasm/wasm-host.ts';

export interface DatabaseOptions {
  /** The bytes of a `.wasm` (Rust, C#, C++), or what makes the host of another module. */
  readonly module: Uint8Array | HostFactory;
  readonly name: string;
  /** The identity of the database: who calls scheduled functions. */
  readonly identity: Identity;
  /** Who calls `init`, sees private tables and may call private functions. */
  readonly owner: Identity;
  /** That of the system by default. */
  readonly clock?: Clock;
  /** As many random bytes as it is asked for; those of `node:crypto` by default. */
  readonly random?: (size: number) => Uint8Array;
  /** Called with each line of the module's log. */
  readonly log?: (record: LogRecord) => void;
  /** See `EmbeddedServerOptions`. */
  readonly slowCallMs?: number | undefined;
  /** Where to go on, instead of running `init`. */
  readonly image?: DatabaseImage | undefined;
  /** Keeps the database from now on. */
  readonly journal?: Journal | undefined;
}

/** Loads a module, creates its tables and runs its `init` reducer, or goes on where an image ends. Throws a {@link ModuleLoadError}. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { image, journal } = options;
  const database = await withLog(options.log, async (log) => {
    const loaded = await load({ ...options, log });
    if (image === undefined) loaded.initialize();
    return loaded;
  });
  return orClosed(database, () => {
    if (image !== undefined) database.resume(image);
    if (journal !== undefined) database.keepIn(journal);
    if (image !== undefined) database.disconnectAll(image.connections);
    return database;
  });
}

/** Runs what takes a new database, or what serves it, into use. Where that fails it is closed: its schedules would run for nobody. */
export function orClosed<T>(opened: { close(): void }, use: () => T): T {
  try {
    return use();
  } catch (error) {
    opened.close();
    throw error;
  }
}

/** Loads a module and creates its tables, and nothing more: they are empty, and no function has run. Throws a {@link ModuleLoadError}. */
export async function loadDatabase(options: LoadOptions): Promise<Database> {
  return withLog(options.log, (log) => load({ ...options, log }));
}

type LoadOptions = Omit<DatabaseOptions, 'image' | 'journal'>;

async function load(options: LoadOptions): Promise<Database> {
  const environment = {
    identity: options.identity,
    clock: options.clock ?? systemClock(),
    random: options.random ?? randomBytes,
    log: options.log ?? (() => undefined),
    slowCallMs: options.slowCallMs ?? 5000,
  };
  const operations = new Operations(environment);
  const factory = typeof options.module === 'function' ? options.module : wasmHost(options.module);
  const host = await factory(operations);
  const { declared, module } = readModel(host);
  refuseUnsupported(declared);
  const { name, owner } = options;
  return new Database({ name, owner, environment, declared, module, host, operations });
}

/** How many lines of the log an error of loading has. */
const tellingLines = 20;

/** Gives the error of a module that cannot be run what it wrote to its log until then: nobody may listen, and nothing else is left of it. */
async function withLog<T>(
  log: DatabaseOptions['log'],
  run: (log: (record: LogRecord) => void) => Promise<T>,
): Promise<T> {
  const lines: LogRecord[] = [];
  let isLoading = true;
  try {
    return await run((record) => {
      if (isLoading) lines.push(record);
      if (lines.length > tellingLines) lines.shift();
      log?.(record);
    });
  } catch (error) {
    if (!(error instanceof ModuleLoadError)) throw error;
    const { problem, cause, trace } = error;
    throw new ModuleLoadError(problem, { cause, trace, log: lines });
  } finally {
    isLoading = false;
  }
}

const models = new ContentCache((definition) => {
  const declared = moduleFromBsatn(definition);
  return { declared, module: flatModule(declared) };
});

function readModel(host: ModuleHost): Pick<DatabaseParts, 'declared' | 'module'> {
  try {
    return models.of(host.definition);
  } catch (cause) {
    const text = messageOf(cause);
    throw new ModuleLoadError(`its definition cannot be read: ${text}`, { cause });
  }
}
