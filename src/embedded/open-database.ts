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

/** Loads a module, creates its tables and runs its `init` reducer, or goes on where an image ends. Throws a {@link ModuleLoadError} of one line. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { image, journal } = options;
  const database = await loadDatabase(options);
  if (image === undefined) database.initialize();
  else database.resume(image);
  if (journal !== undefined) database.keepIn(journal);
  if (image !== undefined) database.disconnectAll(image.connections);
  return database;
}

/** Loads a module and creates its tables, and nothing more: they are empty, and no function has run. Throws a {@link ModuleLoadError} of one line. */
export async function loadDatabase(options: Omit<DatabaseOptions, 'image' | 'journal'>): Promise<Database> {
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
