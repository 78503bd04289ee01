import { type DevView, logParts, timeText } from './dev-view.ts';

/** Where lines go. */
export interface LineOutput {
  readonly print: (line: string) => void;
  readonly warn: (line: string) => void;
}

/** Prints a line for whatever happens; problems go to standard error. */
export function plainView({ print, warn }: LineOutput): DevView {
  return {
    status: () => undefined,
    say: (line) => print(`${timeText(new Date())} ${line}`),
    log: (record) => {
      const { time, level, origin, message } = logParts(record);
      print([time, level, origin, message].filter((part) => part !== '').join(' '));
    },
    problem: (problem) => {
      if (problem === undefined) return;
      const { title, details, excerpt, isLogged, isMendedByReset } = problem;
      if (isLogged) {
        // It stays with the log, on the same stream.
        for (const line of excerpt) print(`  ${line}`);
        return;
      }
      warn(`${timeText(new Date())} ${title}`);
      for (const line of [...details, ...excerpt]) warn(`  ${line}`);
      if (isMendedByReset) warn('  start again with --reset to run it without these rows');
    },
    close: () => undefined,
  };
}
