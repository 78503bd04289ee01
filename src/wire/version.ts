/**
 * The protocol versions that this client speaks, newest first.
 *
 * - `v3`, servers since 2.2: one payload may hold several messages.
 * - `v2`, servers since 2.0: one message a frame. The messages are the same.
 */
export type ProtocolVersion = 'v3' | 'v2';

/** The WebSocket subprotocol of each version. */
export const subprotocols: Readonly<Record<ProtocolVersion, string>> = {
  v3: 'v3.bsatn.spacetimedb',
  v2: 'v2.bsatn.spacetimedb',
};

/** The version that a subprotocol stands for; `undefined` for another one. */
export function versionOfSubprotocol(subprotocol: string): ProtocolVersion | undefined {
  if (subprotocol === subprotocols.v3) return 'v3';
  if (subprotocol === subprotocols.v2) return 'v2';
  return undefined;
}
