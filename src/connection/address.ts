import { type Compression, compressionParameters } from '../wire/compression.ts';

/** Which database on which server. */
export interface Address {
  /** Host and port, such as `localhost:3000`; a path in front of `/v1` may follow. */
  readonly host: string;
  /** Name or identity of the database. */
  readonly database: string;
  /** Whether to use `wss:` and `https:`. */
  readonly ssl: boolean;
}

/** The address, if it can be one. Throws a `TypeError` that says what to write instead. */
export function checkedAddress(address: Address): Address {
  const { host, database } = address;
  // Also for callers without a compiler: of `undefined` a URL would be made.
  if (typeof host !== 'string' || !/^(?:\[[\da-f:.]+\]|[^\s/?#@:[\]\\]+)(?::\d{1,5})?(?:\/[^\s?#]*)?$/i.test(host)) {
    throw new TypeError(
      `host is ${JSON.stringify(host)}: write host and port, such as "localhost:3000", and the scheme as ssl: true or false`,
    );
  }
  if (typeof database !== 'string' || database === '') {
    throw new TypeError(`database is ${JSON.stringify(database)}: write the name or the identity of the database`);
  }
  return address;
}

/** An HTTP URL on the server of `address`; `path` begins with a slash. */
export function httpUrl(address: Pick<Address, 'host' | 'ssl'>, path: string): string {
  return `${address.ssl ? 'https' : 'http'}://${trimmed(address.host)}${path}`;
}

/** What the URL of the upgrade request says. */
export interface UpgradeParameters {
  readonly compression: Compression;
  /** Whether the server shall send only what is durable; `undefined` leaves it to the server. */
  readonly confirmedReads: boolean | undefined;
  /** A short-lived token, where headers cannot carry one. */
  readonly token: string | undefined;
}

/** The URL of the upgrade request. The parameter `compression` is always there: without it a server uses brotli. */
export function upgradeUrl(address: Address, parameters: UpgradeParameters): string {
  const query = new URLSearchParams({ compression: compressionParameters[parameters.compression] });
  if (parameters.confirmedReads !== undefined) query.set('confirmed', String(parameters.confirmedReads));
  if (parameters.token !== undefined) query.set('token', parameters.token);
  const scheme = address.ssl ? 'wss' : 'ws';
  const path = `/v1/database/${encodeURIComponent(address.database)}/subscribe`;
  return `${scheme}://${trimmed(address.host)}${path}?${query.toString()}`;
}

function trimmed(host: string): string {
  return host.replace(/\/+$/, '');
}
