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
