import { type LogLevel } from './log-record.ts';

const levels: ReadonlyMap<number, LogLevel> = new Map([
  [0, 'error'],
  [1, 'warn'],
  [2, 'info'],
  [3, 'debug'],
  [4, 'trace'],
  [101, 'panic'],
]);

/** The level that a module means by a number. */
export function logLevelOf(number: number): LogLevel {
  return levels.get(number & 0xff) ?? 'info';
}
