import { type KeyObject, randomBytes } from 'node:crypto';
import { type Clock, systemClock } from './clock.ts';
import { type DatabaseImage } from './database-image.ts';
import { type Database } from './database.ts';
import { CommitLog } from './durability/commit-log.ts';
import { DataFolder, type ServerSecrets } from './durability/data-folder.ts';
import { type EmbeddedServerOptions } from './embedded-server-options.ts';
import { type Caller, newCaller } from './fronts/credentials.ts';
import { Host } from './host.ts';
import { identityFromClaims } from './identity.ts';
import { FrameLog } from './kit/frame-log.ts';
import { seededBytes } from './kit/seeded-random.ts';
import { type LoadedModule } from './load-module.ts';
import { LogBook } from './log-book.ts';
import { serverLine } from './log-record.ts';
import { type DatabaseOptions, openDatabase } from './open-database.ts';
import { MigrationError } from './reload/migration-error.ts';
import { keyFromRandom, keyFromSecret } from './token-key.ts';
import { TokenAuthority } from './tokens.ts';

/** What a server has for good, over restarts. */
export interface ServerParts {
  readonly options: EmbeddedServerOptions;
  /** The one that runs; a reload changes it. */
  module: LoadedModule;
  readonly clock: Clock;
  readonly random: (size: number) => Uint8Array;
  readonly logs: LogBook;
  readonly tokens: TokenAuthority;
  readonly owner: Caller;
  /** Only with `recordFrames`. */
  readonly frames: FrameLog | undefined;
  /** Only with `dataDir`. */
  readonly folder: DataFolder | undefined;
}

/** What a server is made of. Rejects with a `StorageError` when its folder cannot be used. */
export async function partsOf(options: EmbeddedServerOptions, module: LoadedModule): Promise<ServerParts> {
  const { clock = systemClock(), seed, dataDir, tokenSecret } = options;
  const random = options.random ?? (seed === undefined ? randomBytes : seededBytes(seed));
  const seededKey = seed === undefined ? undefined : keyFromRandom(random);
  const givenKey = tokenSecret === undefined ? seededKey : keyFromSecret(tokenSecret);
  const folder = dataDir === undefined ? undefined : await DataFolder.open(dataDir, options.database);
  const secrets = await secretsOf(folder, givenKey);
  const key = secrets?.key ?? givenKey;
  const tokens = new TokenAuthority({ nowMicros: () => clock.nowMicros(), random, ...(key && { key }) });
  const logs = new LogBook();
  if (options.log !== undefined) logs.listen(options.log);
  const frames = options.recordFrames === true ? new FrameLog(clock) : undefined;
  const owner = newCaller(tokens, secrets?.ownerSubject);
  return { options, module, clock, random, logs, tokens, owner, frames, folder };
}

/** A folder that cannot be read is let go of. */
async function secretsOf(
  folder: DataFolder | undefined,
  key: KeyObject | undefined,
): Promise<ServerSecrets | undefined> {
  try {
    return folder?.secrets(key);
  } catch (error) {
    await folder?.close();
    throw error;
  }
}

/** Opens the database: a new one, or one that goes on where `image` ends, or where the log in its folder does. */
export async function openHost(parts: ServerParts, image?: DatabaseImage): Promise<Host> {
  const stored = openLog(parts);
  try {
    const options = { ...databaseOptions(parts), image: image ?? stored?.image, journal: stored?.log };
    return hostOf(parts, await openDatabase(options));
  } catch (error) {
    stored?.log.close();
    // What is not there yet cannot be reset.
    if (!(error instanceof MigrationError) || parts.folder === undefined) throw error;
    throw new MigrationError(error.problems, `to run it without them delete ${parts.folder.logPath}`);
  }
}

/** What serves a database. */
export function hostOf(parts: ServerParts, database: Database): Host {
  const { options, module, clock, random, logs, tokens, frames } = parts;
  const protocols = options.protocols ?? ['v3', 'v2'];
  return new Host({ database, tokens, logs, clock, random, protocols, program: module.program, frames });
}

/** What the database of a server is opened with. */
export function databaseOptions({ options, module, clock, random, logs, owner }: ServerParts): DatabaseOptions {
  return {
    module: module.host,
    name: options.database,
    identity: identityFromClaims('embedded', options.database),
    owner: owner.identity,
    clock,
    random,
    slowCallMs: options.slowCallMs,
    log: (record) => logs.add(record),
  };
}

/** The log in the folder of a server, where it has one. */
export function openLog({ folder, options, clock, logs }: ServerParts): ReturnType<typeof CommitLog.open> | undefined {
  if (folder === undefined) return undefined;
  const warn = (message: string): void => logs.add(serverLine('warn', clock.nowMicros(), message));
  folder.requireWriter();
  const opened = CommitLog.open({
    path: folder.logPath,
    durable: options.durable ?? false,
    warn,
    requireWriter: () => folder.requireWriter(),
  });
  folder.onLost((error) => opened.log.fail(error));
  return opened;
}
