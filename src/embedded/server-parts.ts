import { randomBytes } from 'node:crypto';
import { type Clock, systemClock } from './clock.ts';
import { type DatabaseImage } from './database-image.ts';
import { type EmbeddedServerOptions } from './embedded-server-options.ts';
import { type Caller, newCaller } from './fronts/credentials.ts';
import { Host } from './host.ts';
import { identityFromClaims } from './identity.ts';
import { FrameLog } from './kit/frame-log.ts';
import { seededBytes } from './kit/seeded-random.ts';
import { type LoadedModule } from './load-module.ts';
import { LogBook } from './log-book.ts';
import { type DatabaseOptions, openDatabase } from './open-database.ts';
import { keyFromRandom } from './token-key.ts';
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
}

/** What a server is made of. */
export function partsOf(options: EmbeddedServerOptions, module: LoadedModule): ServerParts {
  const { clock = systemClock(), seed } = options;
  const random = options.random ?? (seed === undefined ? randomBytes : seededBytes(seed));
  const key = seed === undefined ? undefined : keyFromRandom(random);
  const tokens = new TokenAuthority({ nowMicros: () => clock.nowMicros(), random, ...(key && { key }) });
  const logs = new LogBook();
  const frames = options.recordFrames === true ? new FrameLog(clock) : undefined;
  return { options, module, clock, random, logs, tokens, owner: newCaller(tokens), frames };
}

/** Opens the database: a new one, or one that goes on where `image` ends. */
export async function openHost(parts: ServerParts, image?: DatabaseImage): Promise<Host> {
  const { options, module, clock, random, logs, tokens, frames } = parts;
  const database = await openDatabase({ ...databaseOptions(parts), image });
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
    log: (record) => {
      logs.add(record);
      options.log?.(record);
    },
  };
}
