import { messageOf, StorageError } from '../errors.ts';

/** What went wrong with the store, whatever its own class. */
export function asStorageError(doing: string, cause: unknown): StorageError {
  if (cause instanceof StorageError) return cause;
  const reason = messageOf(cause);
  return new StorageError(`${doing}: the offline store failed: ${reason}`, { cause });
}
