/** The error numbers that a host function may answer with. */
export const errno = {
  hostCallFailure: 1,
  notInTransaction: 2,
  bsatnDecodeError: 3,
  noSuchTable: 4,
  noSuchIndex: 5,
  noSuchIterator: 6,
  noSuchConsoleTimer: 7,
  noSuchBytes: 8,
  noSpace: 9,
  wrongIndexAlgorithm: 10,
  bufferTooSmall: 11,
  uniqueAlreadyExists: 12,
  scheduleDelayTooLong: 13,
  indexNotUnique: 14,
  noSuchRow: 15,
  autoIncrementOverflow: 16,
  wouldBlockTransaction: 17,
  transactionNotAnonymous: 18,
  transactionIsReadOnly: 19,
  transactionIsMutable: 20,
  httpError: 21,
} as const;

export type Errno = (typeof errno)[keyof typeof errno];

/** An operation that the module asked for and that cannot be done. The module may go on; nothing was changed. */
export class HostError extends Error {
  readonly errno: Errno;

  constructor(errno: Errno, message: string) {
    super(message);
    this.name = 'HostError';
    this.errno = errno;
  }
}
