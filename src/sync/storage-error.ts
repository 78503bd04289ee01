import { isSpacetimeDbError, messageOf, StorageError } from '../errors.ts';

/**
 * What went wrong with the store, or with what is in it, while this was being done. An error of a class of its own says itself what failed; `cause` is what is
 * behind that of a store, such as the error of a disk that is full.
 */
export function asStorageError(doing: string, cause: unknown): StorageError {
  const blame = isSpacetimeDbError(cause) ? '' : 'the offline store failed: ';
  const behind = isSpacetimeDbError(cause, 'storage') ? (cause.cause ?? cause) : cause;
  return new StorageError(`${doing}: ${blame}${messageOf(cause)}`, { cause: behind });
}
