import { type SpacetimeDbError } from '../errors.ts';

/** How well a connection does, for people who look at it. */
export interface ConnectionQuality {
  /** Connections that broke, and attempts that failed, since the last one that proved healthy. */
  readonly failures: number;
  /** Since when there is a connection, in milliseconds since the Unix epoch; undefined without one. */
  readonly connectedSince: number | undefined;
  /** How long the server took for the last sign of life that it was asked for, in milliseconds; undefined before the first. */
  readonly roundTripMs: number | undefined;
  /** Whether the server was asked for a sign of life and has not given one yet. */
  readonly isSuspect: boolean;
  /** Why the last attempt failed, or the last connection ended; undefined while there is one. */
  readonly lastError: SpacetimeDbError | undefined;
}

/** The quality of a connection that nobody has asked for. */
export const initialQuality: ConnectionQuality = {
  failures: 0,
  connectedSince: undefined,
  roundTripMs: undefined,
  isSuspect: false,
  lastError: undefined,
};

/** Whether both say the same. */
export function isSameQuality(a: ConnectionQuality, b: ConnectionQuality): boolean {
  return (
    a.failures === b.failures &&
    a.connectedSince === b.connectedSince &&
    a.roundTripMs === b.roundTripMs &&
    a.isSuspect === b.isSuspect &&
    a.lastError === b.lastError
  );
}
