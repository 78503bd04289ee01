import { lineText, type LogRecord, serverTarget } from './log-record.ts';

/**
 * Writes lines of a log to standard error that nobody else may ever see: that a function of the module died, which clients are told as `fatal error` only, and what the
 * server itself has to say. By way of the console, so that test runners know which test it was.
 */
export function sayWhatIsGrave(record: LogRecord): void {
  if (record.level !== 'error' && record.level !== 'panic' && record.target !== serverTarget) return;
  // oxlint-disable-next-line no-console -- for people.
  console.error(`spacetimedb-signals: ${lineText(record)}`);
}
