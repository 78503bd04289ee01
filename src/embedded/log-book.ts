import { type LogLevel, type LogRecord } from './log-record.ts';

/** How many lines are kept. */
const capacity = 10_000;

const levelNames: Readonly<Record<LogLevel, string>> = {
  error: 'Error',
  warn: 'Warn',
  info: 'Info',
  debug: 'Debug',
  trace: 'Trace',
  panic: 'Panic',
};

/** The last lines of the module's log, as `GET …/logs` answers them. */
export class LogBook {
  #records: LogRecord[] = [];
  #listener: (record: LogRecord) => void = () => undefined;

  /** Has `listener` called with each line that is kept already and with each that comes, in the place of another one. */
  listen(listener: (record: LogRecord) => void): void {
    this.#listener = listener;
    for (const record of this.#records) listener(record);
  }

  add(record: LogRecord): void {
    this.#keep(record);
    this.#listener(record);
  }

  #keep(record: LogRecord): void {
    this.#records.push(record);
    // Cutting rarely and much keeps adding cheap.
    if (this.#records.length >= capacity * 2) this.#records = this.#records.slice(-capacity);
  }

  /** The last `count` lines, the oldest first: one JSON object a line. */
  print(count: number): string {
    const last = count === 0 ? [] : this.#records.slice(-Math.min(count, capacity));
    return last.map((record) => `${printRecord(record)}\n`).join('');
  }
}

function printRecord({ level, timestamp, target, filename, lineNumber, functionName, message }: LogRecord): string {
  const origin = { target, filename, line_number: lineNumber, function: functionName };
  const fields = JSON.stringify({ ...origin, message }).slice(1);
  return `{"level":"${levelNames[level]}","ts":${timestamp},${fields}`;
}
