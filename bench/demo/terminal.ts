/** Where the demo writes: lines, coloured where whoever reads them can see colour. */
export interface Terminal {
  line(text?: string): void;
  /** `text` behind `mark` and `title`, in as many lines as the width asks for. */
  item(mark: string, title: string, text: string): void;
  readonly bold: Style;
  readonly dim: Style;
  readonly green: Style;
  readonly red: Style;
  readonly cyan: Style;
}

type Style = (text: string) => string;

/** The part of a stream that is used; `columns` and `hasColors` are there only on a terminal. */
export interface Output {
  write(text: string): unknown;
  readonly columns?: number | undefined;
  hasColors?(): boolean;
}

const titleWidth = 24;
const narrowest = 40;

/** Node's `hasColors` heeds NO_COLOR, FORCE_COLOR and TERM; a stream that is no terminal does not have it. */
export function terminalOn(output: Output): Terminal {
  const hasColours = output.hasColors?.() ?? false;
  const style =
    (on: number, off: number): Style =>
    (text) =>
      hasColours ? `\u001B[${on}m${text}\u001B[${off}m` : text;
  const line = (text = ''): void => {
    output.write(`${text}\n`);
  };
  const bold = style(1, 22);
  return {
    line,
    bold,
    dim: style(2, 22),
    green: style(32, 39),
    red: style(31, 39),
    cyan: style(36, 39),
    item: (mark, title, text) => {
      const indent = titleWidth + 4;
      const [first = '', ...others] = wrap(text, Math.max((output.columns ?? Infinity) - indent, narrowest));
      line(`  ${mark} ${bold(title.padEnd(titleWidth))}${first}`);
      for (const other of others) line(' '.repeat(indent) + other);
    },
  };
}

/** The words of `text` in lines of at most `width` characters; its own line breaks stay. */
function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => {
    const lines = [''];
    for (const word of paragraph.split(' ')) {
      const current = lines.at(-1) ?? '';
      if (current === '') lines[lines.length - 1] = word;
      else if (current.length + 1 + word.length <= width) lines[lines.length - 1] = `${current} ${word}`;
      else lines.push(word);
    }
    return lines;
  });
}
