import { cut } from './styles.ts';

/** The part of a terminal that is used. */
export interface Terminal {
  readonly hasColors: boolean;
  /** How wide it is, in characters. */
  readonly columns: () => number;
  readonly write: (text: string) => void;
  /** Calls `listener` with each key that is pressed; returns what ends that. */
  readonly onKey: (listener: (key: string) => void) => () => void;
}

const up = (lines: number): string => (lines === 0 ? '' : `\u001B[${lines}A`);
const eraseBelow = '\u001B[0J';
const hideCursor = '\u001B[?25l';
const showCursor = '\u001B[?25h';

/** Lines that stay at the bottom of a terminal while others scroll by above them. */
export class Footer {
  readonly #terminal: Terminal;
  #lines: readonly string[] = [];
  #text = '';

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    terminal.write(hideCursor);
  }

  /** Prints text above. */
  print(text: string): void {
    this.#terminal.write(`${this.#erased()}${text}\n${this.#text}`);
  }

  /** Replaces the lines; each is cut to the width, so that it stays one. */
  set(lines: readonly string[]): void {
    const width = this.#terminal.columns() - 1;
    const cutLines = lines.map((line) => cut(line, width));
    const text = cutLines.map((line) => `${line}\n`).join('');
    if (text === this.#text) return;
    const erased = this.#erased();
    this.#lines = cutLines;
    this.#text = text;
    this.#terminal.write(erased + text);
  }

  close(): void {
    this.#terminal.write(showCursor);
  }

  #erased(): string {
    return `${up(this.#lines.length)}\r${eraseBelow}`;
  }
}
