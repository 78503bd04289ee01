import { isSpacetimeDbError, messageOf, StorageError } from '../errors.ts';

/** What went wrong with the store, or with what is in it. An error of a class of its own is the store's. */
export function asStorageError(doing: string, cause: unknown): StorageError {
  if (cause instanceof StorageError) return cause;
  const blame = isSpacetimeDbError(cause) ? '' : 'the offline store failed: ';
  return new StorageError(`${doing}: ${blame}${messageOf(cause)}`, { cause });
}
