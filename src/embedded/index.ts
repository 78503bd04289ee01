/** A SpacetimeDB server for development and tests that runs inside this process. */
// Since version 6 TypeScript takes in no types of itself that a tsconfig does not name.
/// <reference types="node" preserve="true" />
export { type Clock, ManualClock, systemClock, type Timer } from './clock.ts';
export { EmbeddedServer, type ReloadResult } from './embedded-server.ts';
export { type EmbeddedServerOptions } from './embedded-server-options.ts';
export { type CallList, type EmbeddedCaller } from './kit/embedded-caller.ts';
export {
  type FaultNetwork,
  faultNetwork,
  type FaultNetworkOptions,
  type FaultPlan,
  healthyNetwork,
  type NetworkClock,
  type NetworkHandlers,
  type NetworkRequest,
  type NetworkSocket,
} from './kit/fault-network.ts';
export { type RecordedFrame, type RecordedClientFrame, type RecordedServerFrame } from './kit/recorded-frame.ts';
export { type MemoryHandlers, type MemoryRequest, type MemorySocket } from './fronts/memory-transport.ts';
export { type LogLevel, type LogRecord } from './log-record.ts';
export { ModuleLoadError } from './module-load-error.ts';
export { MigrationError } from './reload/migration-error.ts';
export { SqlError } from './sql/index.ts';
