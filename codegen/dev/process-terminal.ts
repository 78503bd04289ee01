import { type Terminal } from './footer.ts';

const interruptKey = '\u0003';

/** The terminal of this process; `undefined` when lines go somewhere else, or nobody is there to press keys. */
export function processTerminal(interrupt: () => void): Terminal | undefined {
  const { stdin, stdout } = process;
  if (!stdout.isTTY || !stdin.isTTY || process.env['TERM'] === 'dumb') return undefined;
  return {
    // Heeds NO_COLOR and FORCE_COLOR.
    hasColors: stdout.hasColors(),
    columns: () => stdout.columns,
    write: (text) => void stdout.write(text),
    onKey: (listener) => {
      const onData = (data: Buffer): void => {
        const key = data.toString();
        if (key === interruptKey) interrupt();
        else listener(key);
      };
      stdin.setRawMode(true);
      stdin.resume();
      stdin.on('data', onData);
      return () => {
        stdin.off('data', onData);
        stdin.setRawMode(false);
        stdin.pause();
      };
    },
  };
}
