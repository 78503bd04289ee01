/** Where a token starts; both count from 1, columns in characters. At the end of the text there is no location. */
export interface Location {
  readonly line: number;
  readonly column: number;
}

/** How a string was written: `'…'`, `N'…'`, `E'…'`, `X'…'` or `0x…`, `$$…$$`. */
export type StringForm = 'single' | 'national' | 'escaped' | 'hex' | 'dollar';

export type Token = (
  | WordToken
  | { readonly kind: 'number'; readonly digits: string; readonly isLong: boolean }
  | { readonly kind: 'string'; readonly form: StringForm; readonly value: string; readonly tag: string }
  | { readonly kind: 'placeholder'; readonly name: string }
  | { readonly kind: 'symbol'; readonly symbol: string }
  | { readonly kind: 'end' }
) & { readonly location: Location | undefined };

/** A name or a keyword. */
export interface WordToken {
  readonly kind: 'word';
  readonly value: string;
  /** A quoted word is never a keyword. */
  readonly isQuoted: boolean;
  /** The word in upper case, to compare with keywords; empty when it is quoted. */
  readonly keyword: string;
}

/** A token as the server prints it in its errors. */
export function tokenText(token: Token): string {
  switch (token.kind) {
    case 'word':
      return token.isQuoted ? `"${token.value.replaceAll('"', '""')}"` : token.value;
    case 'number':
      return token.isLong ? `${token.digits}L` : token.digits;
    case 'string':
      return stringTokenText(token.form, token.value, token.tag);
    case 'placeholder':
      return token.name;
    case 'symbol':
      return token.symbol;
    case 'end':
      return 'EOF';
  }
}

function stringTokenText(form: StringForm, value: string, tag: string): string {
  switch (form) {
    case 'single':
      return `'${value}'`;
    case 'national':
      return `N'${value}'`;
    case 'escaped':
      return `E'${value}'`;
    case 'hex':
      return `X'${value}'`;
    case 'dollar':
      return `$${tag}$${value}$${tag}$`;
  }
}

/** The end of an error message that names a place. */
export function locationText(location: Location | undefined): string {
  return location === undefined ? '' : ` at Line: ${location.line}, Column ${location.column}`;
}
