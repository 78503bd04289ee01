/** What the base class of a generated client has; a table of such a name is under `client.tables` only. */
export const clientMembers: readonly string[] = [
  'connect',
  'disconnect',
  'logout',
  'dispose',
  'connection',
  'subscriptions',
  'reducers',
  'procedures',
  'tables',
  'identity',
  'address',
  'token',
  'syncState',
  'onSyncStateChanged',
  'pendingMutations',
  'clearSyncErrors',
  'onMutationSyncResult',
  'onIdentityChanged',
  'getAuthUrl',
  'onError',
  'inspect',
  'constructor',
  'then',
  'toString',
  'valueOf',
];

/** What the handle of a table has; an index of such a name gets another. */
export const handleMembers: readonly string[] = [
  'name',
  'subscribed',
  'lastBatch',
  'onInsert',
  'count',
  'iter',
  'rows',
  'changes',
  'pending',
  'onDelete',
  'find',
  'row',
  'onUpdate',
  'constructor',
  'then',
  'toString',
  'valueOf',
];

/** What generated code exports besides what is named after parts of the module. */
export const exportedNames: readonly string[] = ['SpacetimeDbClient', 'Tables', 'Reducers', 'Procedures'];
