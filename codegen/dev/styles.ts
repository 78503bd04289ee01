type Style = (text: string) => string;

/** How text is set off from other text. */
export interface Styles {
  readonly bold: Style;
  readonly dim: Style;
  readonly red: Style;
  readonly green: Style;
  readonly yellow: Style;
  readonly cyan: Style;
}

/** The styles of a terminal, or, without colours, none. */
export function stylesOf(hasColors: boolean): Styles {
  const style =
    (on: number, off: number): Style =>
    (text) =>
      hasColors ? `\u001B[${on}m${text}\u001B[${off}m` : text;
  return {
    bold: style(1, 22),
    dim: style(2, 22),
    red: style(31, 39),
    green: style(32, 39),
    yellow: style(33, 39),
    cyan: style(36, 39),
  };
}

const escape = '\u001B';

/** The first `width` characters of a line with styles in it. */
export function cut(line: string, width: number): string {
  // A style is `ESC [ number m`; after the first part each begins with the rest of one.
  const [first = '', ...styled] = line.split(`${escape}[`);
  const parts = [{ style: '', text: first }, ...styled.map(splitStyle)];
  const length = parts.reduce((sum, { text }) => sum + Array.from(text).length, 0);
  if (length <= width) return line;
  let left = width - 1;
  let result = '';
  for (const { style, text } of parts) {
    const characters = Array.from(text);
    result += style + characters.slice(0, Math.max(left, 0)).join('');
    if (left >= 0 && characters.length > left) result += '…';
    left = characters.length > left ? -1 : left - characters.length;
  }
  return result;
}

function splitStyle(part: string): { readonly style: string; readonly text: string } {
  const end = part.indexOf('m') + 1;
  return { style: `${escape}[${part.slice(0, end)}`, text: part.slice(end) };
}
