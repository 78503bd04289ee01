/** How grave a line of the module's log is; `panic` comes just before a trap. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'panic';

/** One line of the module's log. */
export interface LogRecord {
  /** How grave it is. */
  readonly level: LogLevel;
  /** Microseconds since the Unix epoch. */
  readonly timestamp: bigint;
  /** The source module of the line. */
  readonly target: string | undefined;
  /** The file of the module that wrote it, where the module says so. */
  readonly filename: string | undefined;
  /** The line in that file. */
  readonly lineNumber: number | undefined;
  /** The reducer, view or procedure that was running. */
  readonly functionName: string | undefined;
  /** The text. */
  readonly message: string;
}

/** What a module says of one line; the database adds when and by whom. */
export type LogLine = Omit<LogRecord, 'timestamp' | 'functionName'>;

/** Where lines of the server itself come from, as those of the real one are marked. */
export const serverTarget = '__spacetimedb__';

/** A line of the server itself. */
export function serverLine(level: 'warn' | 'error', timestamp: bigint, message: string): LogRecord {
  const origin = { target: serverTarget, filename: undefined, lineNumber: undefined, functionName: undefined };
  return { level, timestamp, ...origin, message };
}

/** A line as people read it, such as `info: seeding (src/index.ts:6)`. */
export function lineText(record: LogRecord): string {
  return `${record.level}: ${textAndPlace(record)}`;
}

/** A message with the calls that led to it, the innermost first, below. */
export function withCalls(message: string, calls: readonly string[]): string {
  return [message, ...calls.map((call) => `\tat ${call}`)].join('\n');
}

/** What a line says and where in the source it was written, such as `seeding (src/index.ts:6)`. One with calls below it has their places. */
export function textAndPlace({ filename, lineNumber, message }: LogLine): string {
  const isPlaced = filename === undefined || lineNumber === undefined || message.includes('\n\tat ');
  return isPlaced ? message : `${message} (${filename}:${lineNumber})`;
}
