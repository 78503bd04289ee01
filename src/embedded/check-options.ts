import { type EmbeddedServerOptions } from './embedded-server-options.ts';
import { isDatabaseName } from './fronts/database-name.ts';
import { checkNames } from '../option-names.ts';

const highestPort = 65_535;

const names: Readonly<Record<keyof EmbeddedServerOptions, true>> = {
  module: true,
  database: true,
  port: true,
  host: true,
  clock: true,
  random: true,
  seed: true,
  tokenSecret: true,
  dataDir: true,
  durable: true,
  recordFrames: true,
  protocols: true,
  slowCallMs: true,
  log: true,
};

/** Throws a `RangeError` for what no type tells, or callers without types hand over; a `TypeError` for an option that there is not. */
export function checkOptions(options: EmbeddedServerOptions): void {
  checkNames('EmbeddedServer.start', options, Object.keys(names));
  const { database, port = 0, host = '127.0.0.1' } = options;
  if (!isDatabaseName(database)) {
    throw new RangeError(
      `database is no name for a database: ${JSON.stringify(database)}; use lower-case letters and digits, with single hyphens between them`,
    );
  }
  if (!Number.isInteger(port) || port < 0 || port > highestPort) {
    throw new RangeError(
      `port is no port: ${JSON.stringify(port)}; give a number from 0, for any that is free, to ${highestPort}`,
    );
  }
  // Anybody who reaches the server may call it.
  if (host !== '127.0.0.1') {
    throw new RangeError(`host is ${JSON.stringify(host)}: the embedded server is for this machine only, at 127.0.0.1`);
  }
}
