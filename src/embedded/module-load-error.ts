import { lineText, type LogRecord } from './log-record.ts';

/** What is known of a module that cannot be run, besides what is wrong. */
export interface ModuleLoadDetails {
  readonly cause?: unknown;
  /** See `ModuleLoadError.trace`. */
  readonly trace?: readonly string[];
  /** See `ModuleLoadError.log`. */
  readonly log?: readonly LogRecord[];
}

/** A module that the embedded server cannot run. The message is `problem`, followed by `trace` and `log`, a line each, as far as there are some. */
export class ModuleLoadError extends Error {
  // Behind getters: what prints an error prints its fields too, and the message has them already.
  readonly #problem: string;
  readonly #details: ModuleLoadDetails;

  constructor(problem: string, details: ModuleLoadDetails = {}) {
    const { cause, trace = [], log = [] } = details;
    const line = oneLine(problem);
    const said = log.length === 0 ? [] : ['  It wrote to its log:', ...log.map((record) => `    ${lineText(record)}`)];
    super(
      [withTrace(`cannot load the module: ${line}`, trace), ...said].join('\n'),
      cause === undefined ? {} : { cause },
    );
    this.name = 'ModuleLoadError';
    this.#problem = line;
    this.#details = details;
  }

  /** What is wrong, in one line that names the import, export, function or feature at fault. */
  get problem(): string {
    return this.#problem;
  }

  /** The calls in the module's source that led to it, the innermost first, each as `name (file:line:column)`; only of modules in TypeScript. */
  get trace(): readonly string[] {
    return this.#details.trace ?? [];
  }

  /** The last lines that the module wrote to its log while it was loaded and its `init` ran. */
  get log(): readonly LogRecord[] {
    return this.#details.log ?? [];
  }
}

/** `text` with the calls that led to it below, as errors have them. */
export function withTrace(text: string, trace: readonly string[]): string {
  return [text, ...trace.map((call) => `    at ${call}`)].join('\n');
}

/** `text` with every run of white space as one space. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
