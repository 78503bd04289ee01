import { environment, fetchHttp, inflate, socketConnector, systemClock } from '#platform';
import { type Address } from './connection/address.ts';
import { Authenticator } from './connection/authenticator.ts';
import { defaultRetryPolicy } from './connection/backoff.ts';
import { type ConnectionOptions } from './connection/connection.ts';
import { InMemoryTokenStore } from './connection/token-store.ts';
import { checkedCompression } from './wire/compression.ts';
import { type ClientLimits, type ClientOptions } from './options.ts';

/** How much longer than usual a server may be silent while a large answer is on its way, in milliseconds. */
const snapshotGraceMs = 120_000;

/** What a connection needs that the options of a client do not say. */
interface ConnectionParts extends Pick<
  ConnectionOptions,
  'address' | 'authenticator' | 'onOpen' | 'onMessage' | 'onLost' | 'onStateChanged' | 'onError'
> {
  readonly limits: ClientLimits;
  readonly isSnapshotPending: () => boolean;
  readonly nextRequestId: () => number;
}

/** The options of a connection, with everything that the platform provides and the client's options do not replace. */
export function connectionOptionsOf(
  options: ClientOptions,
  { limits, isSnapshotPending, nextRequestId, ...parts }: ConnectionParts,
): ConnectionOptions {
  const isInitialRetried = options.retryInitialConnect ?? options.offlineStorage !== undefined;
  return {
    ...parts,
    upgrade: { compression: checkedCompression(options.compression ?? 'gzip'), confirmedReads: options.confirmedReads },
    policy: { ...defaultRetryPolicy, ...options.retry, retryInitialConnect: isInitialRetried },
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
    environment,
    random: options.random ?? Math.random,
    link: {
      connector: options.webSocket ?? socketConnector,
      inflate,
      clock: options.clock ?? systemClock,
      batching: options.outboundBatching ?? 'opportunistic',
      maxOutboundFrameBytes: limits.maxOutboundFrameBytes,
      inbound: {
        maxFrameBytes: limits.maxInboundFrameBytes,
        maxInflatedBytes: limits.maxInflatedBytes,
        maxRowsPerMessage: limits.maxRowsPerMessage,
      },
      liveness: {
        idleMs: options.idleProbeMs ?? 30_000,
        timeoutMs: options.probeTimeoutMs ?? 10_000,
        snapshotGraceMs,
        isSnapshotPending,
      },
      // Not a query: the server answers with an error, which is the smallest sign of life it can be asked for.
      probeMessage: () => ({ tag: 'OneOffQuery', requestId: nextRequestId(), query: '' }),
    },
  };
}

/** What knows the client's token. */
export function authenticatorOf(options: ClientOptions, address: Address): Authenticator {
  return new Authenticator({
    token: options.token,
    store: options.authStorage ?? new InMemoryTokenStore(),
    address,
    fetch: fetchOf(options),
  });
}

/** The client's HTTP. */
export function fetchOf(options: ClientOptions): typeof fetch {
  return options.fetch ?? fetchHttp;
}
