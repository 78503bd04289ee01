import { spawn } from 'node:child_process';

/** A program that is run to its end. */
export interface ToolRun {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** After so many milliseconds it is ended; without it may run as long as it likes. */
  readonly timeLimitMs?: number;
  /** Called with each line of its standard error as it comes. */
  readonly onErrorLine?: (line: string) => void;
  /** Called with each line of its standard output as it comes. */
  readonly onOutputLine?: (line: string) => void;
}

/** How a run ended. */
export interface ToolResult {
  readonly ending: 'exited' | 'missing' | 'timedOut';
  /** Zero when all went well; undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly output: string;
  readonly errors: string;
}

/** Runs a program. Rejects when the system does not let it start for another reason than that it is not there. */
export function runTool({
  command,
  args,
  cwd,
  env,
  timeLimitMs,
  onErrorLine,
  onOutputLine,
}: ToolRun): Promise<ToolResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const [output, errors] = [new LineReader(onOutputLine), new LineReader(onErrorLine)];
    let ending: ToolResult['ending'] = 'exited';
    const timer = timeLimitMs === undefined ? undefined : setTimeout(onTimeLimit, timeLimitMs);
    function onTimeLimit(): void {
      ending = 'timedOut';
      child.kill('SIGKILL');
    }
    child.stdout.setEncoding('utf8').on('data', (text: string) => output.add(text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => errors.add(text));
    child.on('error', (cause) => {
      clearTimeout(timer);
      const isMissing = 'code' in cause && cause.code === 'ENOENT';
      if (isMissing) resolve({ ending: 'missing', code: undefined, output: '', errors: '' });
      else reject(new Error(`${command} cannot be started: ${cause.message}`, { cause }));
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ ending, code: code ?? undefined, output: output.end(), errors: errors.end() });
    });
  });
}

/** Collects a text that comes in pieces, and tells of each line of it. */
class LineReader {
  readonly #onLine: ((line: string) => void) | undefined;
  #text = '';
  /** Where the line begins that has not ended. */
  #start = 0;

  constructor(onLine: ((line: string) => void) | undefined) {
    this.#onLine = onLine;
  }

  add(text: string): void {
    this.#text += text;
    for (let end = this.#text.indexOf('\n', this.#start); end >= 0; end = this.#text.indexOf('\n', this.#start)) {
      this.#onLine?.(this.#text.slice(this.#start, end));
      this.#start = end + 1;
    }
  }

  /** All of it; what stands behind the last line break is a line too. */
  end(): string {
    if (this.#start < this.#text.length) this.#onLine?.(this.#text.slice(this.#start));
    return this.#text;
  }
}
