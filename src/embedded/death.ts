import { messageOf } from '../errors.ts';
import { type LogLine, textAndPlace } from './log-record.ts';
import { ModuleTrap } from './module-host.ts';
import { withTrace } from './module-load-error.ts';

/** Why a function of the module did not get to its end, for the author of the module; clients are told less. */
export interface Death {
  /** Whether it died itself, or returned and could not be committed. */
  readonly verb: 'died' | 'was rolled back';
  /** Such as `Uncaught TypeError: …` or `unreachable`. */
  readonly reason: string;
  /** The line that it wrote to its log when it panicked, as functions of compiled modules do, such as `no luck (src/lib.rs:12)`. */
  readonly panic: string | undefined;
  /** The calls that led to it, the innermost first, each as `name (file:line:column)`. */
  readonly trace: readonly string[];
  /** Where in the source it was; only of modules in TypeScript. */
  readonly place: ModuleTrap['place'];
}

/** What `error` is the death of; `panic` is what the function wrote to its log when it panicked. */
export function deathOf(error: unknown, panic: LogLine | undefined): Death {
  const { trace, place } = trapIn(error) ?? { trace: [], place: undefined };
  return { verb: 'died', reason: messageOf(error), panic: panic && textAndPlace(panic), trace, place };
}

/** Why what a function has written was taken back when it was over. */
export function rollbackOf(error: unknown): Death {
  return { ...deathOf(error, undefined), verb: 'was rolled back' };
}

/** As errors say it: what happened and why, and the calls below it. */
export function printDeath(death: Death): string {
  return withTrace(`${death.verb}: ${reasonOf(death)}`, death.trace);
}

/** What it died of, with what it said of that itself. */
export function reasonOf({ reason, panic }: Death): string {
  return panic === undefined ? reason : `${reason}; it panicked: ${panic}`;
}

/** A view could not be computed. */
export class ViewFailure extends Error {
  /** The canonical name. */
  readonly view: string;
  readonly death: Death;

  constructor(view: string, death: Death, cause: unknown) {
    super(`the view ${view} failed: ${reasonOf(death)}`, { cause });
    this.name = 'ViewFailure';
    this.view = view;
    this.death = death;
  }
}

/** Runs what computes a view; `running` knows whether it panicked. Throws a {@link ViewFailure}. */
export function computing<T>(view: string, running: { readonly panic?: LogLine } | undefined, compute: () => T): T {
  try {
    return compute();
  } catch (cause) {
    throw cause instanceof ViewFailure ? cause : new ViewFailure(view, deathOf(cause, running?.panic), cause);
  }
}

function trapIn(error: unknown): ModuleTrap | undefined {
  if (error instanceof ModuleTrap) return error;
  return error instanceof Error && error.cause !== undefined ? trapIn(error.cause) : undefined;
}
