export { batch, computed, effect, type ReadonlySignal, Signal, signal, untracked } from '@preact/signals-core';
export { ConnectionId } from './bsatn/special/connection-id.ts';
export { Identity } from './bsatn/special/identity.ts';
export { ScheduleAt } from './bsatn/special/schedule-at.ts';
export { TimeDuration } from './bsatn/special/time-duration.ts';
export { Timestamp } from './bsatn/special/timestamp.ts';
export { Uuid } from './bsatn/special/uuid.ts';
export { type CallOptions } from './calls/pending-calls.ts';
export { type TransactionResult } from './calls/result.ts';
export {
  Client,
  type ClientConnection,
  type ClientInspection,
  type ClientSubscriptions,
  type ConnectOptions,
} from './client.ts';
export { type IdentityChange, type ReducerCallOptions, type ReducerContext } from './client-types.ts';
export { type AuthUrlOptions, parseTokenFromCallback } from './connection/auth-url.ts';
export { type ConnectionQuality } from './connection/quality.ts';
export { type TokenReason, type TokenSource } from './connection/authenticator.ts';
export { LocalStorageTokenStore, type WebStorage } from './connection/local-storage-token-store.ts';
export { type OutboundBatching } from './connection/outbox.ts';
export { type ConnectionState } from './connection/state.ts';
export { type AuthTokenStore, InMemoryTokenStore } from './connection/token-store.ts';
export {
  AuthError,
  ConnectionError,
  isSpacetimeDbError,
  MutationDiscardedError,
  ProcedureError,
  ProtocolError,
  QueueFullError,
  ReducerError,
  SchemaError,
  SpacetimeDbError,
  type SpacetimeDbErrorCode,
  type SpacetimeDbErrors,
  StorageError,
  SubscriptionError,
  TimeoutError,
} from './errors.ts';
export { firstNonNull, firstWhere, next, type SignalStream, toStream, type WaitOptions } from './helpers.ts';
export { type ListenerOptions, type Unsubscribe } from './listeners.ts';
export { type IdSource } from './ids.ts';
export { type ClientLimits, type ClientOptions } from './options.ts';
export { InMemoryOfflineStorage } from './offline/in-memory-offline-storage.ts';
export { IndexedDbOfflineStorage, type IndexedDbOfflineStorageOptions } from './offline/indexed-db-offline-storage.ts';
export {
  type OfflineStorage,
  type StorageAccess,
  type StorageEvents,
  type StoredMutation,
  type StoredTable,
} from './offline/offline-storage.ts';
export { type Clock } from './platform/clock.ts';
export {
  type Socket,
  type SocketConnector,
  type SocketFailure,
  type SocketHandlers,
  type SocketRequest,
} from './platform/socket.ts';
export {
  type Batch,
  type DeleteEvent,
  type EventContext,
  type InsertEvent,
  type ReducerEvent,
  type ReducerStatus,
  type RowEvent,
  type StepEvent,
  type UpdateEvent,
} from './store/event-context.ts';
export {
  type EventTable,
  type HashIndex,
  type IndexQuery,
  type KeyedTable,
  type OrderedIndex,
  type PlainTable,
  type TableChanges,
  type UniqueIndex,
  type UniqueOrderedIndex,
} from './store/handles.ts';
export { OptimisticChange, type OptimisticChanges } from './store/overlay/optimistic-change.ts';
export { nextOptimisticIntId } from './store/overlay/optimistic-ids.ts';
export { isSubscribed } from './store/table-handles.ts';
export { Range, range, type RangeBounds } from './store/range.ts';
export { type Query, type TypedQuery } from './subscription/query.ts';
export { type OneOffQueryOptions } from './subscription/one-off-queries.ts';
export { type QueryColumn, type QueryCondition } from './subscription/query-condition.ts';
export { type RowsQuery, type TableQuery } from './subscription/table-query.ts';
export { type SubscriptionHandle, type SubscriptionState, type UnsubscribeOptions } from './subscription/query-set.ts';
export { type ShareOptions, type SharedSubscription } from './subscription/shared-sets.ts';
export { type Compression } from './wire/compression.ts';
export { type ProtocolVersion } from './wire/version.ts';
export {
  type MutationOutcome,
  type MutationState,
  type MutationSyncResult,
  type PendingMutation,
  type QueuedCall,
} from './sync/pending-mutation.ts';
export { type OfflineQueuePolicy, type ReplayDecision, type UncertainDecision } from './sync/queue-policy.ts';
export { type SyncState } from './sync/sync-state.ts';
