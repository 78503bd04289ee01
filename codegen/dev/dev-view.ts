import { type LogRecord } from '../../src/embedded/index.ts';

/** What stays in sight. */
export interface DevStatus {
  readonly database: string;
  /** Undefined before the server could be started. */
  readonly url: string | undefined;
  readonly module: string;
  readonly state: 'building' | 'running' | 'waiting';
  /** Whether what runs is not what was built last, which does not run. */
  readonly isFormer: boolean;
  /** How many clients are connected. */
  readonly connections: number;
  /** How many calls there were since the start. */
  readonly calls: number;
  /** How many calls there were in each of the last seconds, the present one last. */
  readonly callsPerSecond: readonly number[];
}

/** Something that is in the way, until it is mended. */
export interface Problem {
  /** One line, such as `the module cannot be built; the former one goes on`. */
  readonly title: string;
  readonly details: readonly string[];
  /** The lines of the source that it is about. */
  readonly excerpt: readonly string[];
  /** Whether the log has just said the title and the details. */
  readonly isLogged: boolean;
  /** Whether forgetting all rows would help. */
  readonly isMendedByReset: boolean;
}

/** Shows how the development of a module goes. */
export interface DevView {
  status(status: DevStatus): void;
  /** News, one line. */
  say(line: string): void;
  log(record: LogRecord): void;
  /** The present problem; `undefined`: there is none. */
  problem(problem: Problem | undefined): void;
  close(): void;
}

/** The parts of a line of the log, as they are shown. */
export interface LogParts {
  readonly time: string;
  readonly level: string;
  /** The function of the module and the place in its source, as far as they are known. */
  readonly origin: string;
  readonly message: string;
}

export function logParts({ timestamp, level, functionName, filename, lineNumber, message }: LogRecord): LogParts {
  const place = filename === undefined || lineNumber === undefined ? undefined : `${filename}:${lineNumber}`;
  const origin = [functionName, place].filter((part) => part !== undefined).join(' ');
  return { time: timeText(new Date(Number(timestamp / 1000n))), level, origin, message };
}

/** The time of day, such as `14:03:05`. */
export function timeText(date: Date): string {
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}
