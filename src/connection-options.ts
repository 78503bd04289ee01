import { environment, inflate, socketConnector } from '#platform';
import { defaultRetryPolicy } from './connection/backoff.ts';
import { type ConnectionHost, type ConnectionOptions } from './connection/connection.ts';
import { checkedCompression } from './wire/compression.ts';
import { withDefaults } from './option-names.ts';
import { type ClientLimits, type ClientOptions } from './options.ts';

/** What a connection needs that the options of a client do not say. */
interface ConnectionParts extends Pick<ConnectionOptions, 'address' | 'authenticator' | 'clock'> {
  readonly limits: ClientLimits;
}

/** The options of a connection, with everything that the platform provides and the client's options do not replace. */
export function connectionOptionsOf(options: ClientOptions, host: ConnectionHost & ConnectionParts): ConnectionOptions {
  const retryInitialConnect = options.retryInitialConnect ?? options.offlineStorage !== undefined;
  return {
    ...host.limits,
    host,
    address: host.address,
    authenticator: host.authenticator,
    compression: checkedCompression(options.compression ?? 'gzip'),
    confirmedReads: options.confirmedReads,
    policy: { ...withDefaults('retry', options.retry, defaultRetryPolicy), retryInitialConnect },
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    environment,
    random: options.random ?? Math.random,
    connector: options.webSocket ?? socketConnector,
    inflate,
    clock: host.clock,
    batching: options.outboundBatching ?? 'opportunistic',
    idleProbeMs: options.idleProbeMs ?? 30_000,
    probeTimeoutMs: options.probeTimeoutMs ?? 10_000,
  };
}
