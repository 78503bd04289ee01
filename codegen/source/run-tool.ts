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
export function runTool({ command, args, cwd, env, timeLimitMs, onErrorLine }: ToolRun): Promise<ToolResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let [output, errors, partialLine] = ['', '', ''];
    let ending: ToolResult['ending'] = 'exited';
    const timer = timeLimitMs === undefined ? undefined : setTimeout(onTimeLimit, timeLimitMs);
    function onTimeLimit(): void {
      ending = 'timedOut';
      child.kill('SIGKILL');
    }
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
      const lines = (partialLine + text).split('\n');
      partialLine = lines.pop() ?? '';
      for (const line of lines) onErrorLine?.(line);
    });
    child.on('error', (cause) => {
      clearTimeout(timer);
      const isMissing = 'code' in cause && cause.code === 'ENOENT';
      if (isMissing) resolve({ ending: 'missing', code: undefined, output, errors });
      else reject(new Error(`${command} cannot be started: ${cause.message}`, { cause }));
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      if (partialLine !== '') onErrorLine?.(partialLine);
      resolve({ ending, code: code ?? undefined, output, errors });
    });
  });
}
