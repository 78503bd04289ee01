import { SqlError } from './sql-error.ts';
import { type Location, locationText, type StringForm, type Token } from './token.ts';

/**
 * Cuts SQL into tokens as the server's tokenizer does (PostgreSQL dialect): comments nest, `"` quotes names, `''` is a quote inside a
 * string, `0x…` and `X'…'` are hex strings. The last token is the end. Throws an {@link SqlError} for a string, name or comment without end.
 */
export function tokenize(sql: string): readonly Token[] {
  return new Lexer(sql).tokens();
}

/** The longest match wins, so longer symbols stand before those that they begin with. */
const symbols: readonly string[] =
  '->> ||/ <=> !~* #>> -> || |/ => == != !! !~ <= <> << <@ >= >> :: := && ~* #- #> @> @? @@'.split(' ');

const wordStart = /[\p{Alphabetic}_]/u;
const wordPart = /[\p{Alphabetic}0-9$_]/u;
const dollarTagPart = /[\p{Alphabetic}\p{N}_]/u;
const whitespace = /\s/u;
const decimalDigit = /[0-9]/;
const hexDigit = /[0-9A-Fa-f]/;

class Lexer {
  /** One entry per character, not per UTF-16 unit: that is how columns count. */
  readonly #characters: readonly string[];
  #position = 0;
  #line = 1;
  #column = 1;

  constructor(sql: string) {
    this.#characters = Array.from(sql);
  }

  tokens(): readonly Token[] {
    const tokens: Token[] = [];
    while (this.#skipSpaceAndComments()) tokens.push(this.#next());
    tokens.push({ kind: 'end', location: undefined });
    return tokens;
  }

  #peek(ahead = 0): string {
    return this.#characters[this.#position + ahead] ?? '';
  }

  #advance(): string {
    const character = this.#peek();
    this.#position++;
    if (character === '\n') {
      this.#line++;
      this.#column = 1;
    } else {
      this.#column++;
    }
    return character;
  }

  #startsWith(text: string): boolean {
    return Array.from(text).every((character, index) => this.#peek(index) === character);
  }

  #consume(text: string): boolean {
    if (!this.#startsWith(text)) return false;
    for (const _ of text) this.#advance();
    return true;
  }

  #takeWhile(pattern: RegExp): string {
    let text = '';
    while (pattern.test(this.#peek())) text += this.#advance();
    return text;
  }

  #atEnd(): boolean {
    return this.#position >= this.#characters.length;
  }

  #location(): Location {
    return { line: this.#line, column: this.#column };
  }

  /** Whether a token follows. */
  #skipSpaceAndComments(): boolean {
    while (!this.#atEnd()) {
      if (whitespace.test(this.#peek())) this.#advance();
      else if (this.#startsWith('--')) this.#skipLine();
      else if (this.#startsWith('/*')) this.#skipComment();
      else return true;
    }
    return false;
  }

  #skipLine(): void {
    while (!this.#atEnd() && this.#advance() !== '\n');
  }

  #skipComment(): void {
    let depth = 0;
    do {
      if (this.#atEnd()) this.#fail('Unexpected EOF while in a multi-line comment', this.#location());
      if (this.#consume('/*')) depth++;
      else if (this.#consume('*/')) depth--;
      else this.#advance();
    } while (depth > 0);
  }

  #next(): Token {
    const location = this.#location();
    const character = this.#peek();
    const form = this.#prefixedString(character);
    if (form !== undefined) {
      this.#advance();
      return {
        kind: 'string',
        form,
        value: this.#quoted(form === 'escaped' ? location : undefined),
        tag: '',
        location,
      };
    }
    if (character === "'") return { kind: 'string', form: 'single', value: this.#quoted(), tag: '', location };
    if (character === '"') return { ...this.#quotedWord(location), location };
    if (decimalDigit.test(character) || character === '.') return { ...this.#number(), location };
    if (wordStart.test(character)) {
      const value = this.#takeWhile(wordPart);
      return { kind: 'word', value, isQuoted: false, keyword: value.toUpperCase(), location };
    }
    if (character === '?') return { kind: 'placeholder', name: this.#advance() + this.#takeWhile(/\p{N}/u), location };
    if (character === '$') return { ...this.#dollar(), location };
    const symbol = symbols.find((symbol) => this.#startsWith(symbol)) ?? character;
    this.#consume(symbol);
    return { kind: 'symbol', symbol: symbol === '!=' ? '<>' : symbol, location };
  }

  #prefixedString(character: string): StringForm | undefined {
    if (this.#peek(1) !== "'") return undefined;
    switch (character.toUpperCase()) {
      case 'N':
        return 'national';
      case 'E':
        return 'escaped';
      case 'X':
        return 'hex';
      default:
        return undefined;
    }
  }

  /** A string from its opening quote on; with `escapesFrom`, where its prefix stands, a backslash escapes. */
  #quoted(escapesFrom?: Location): string {
    const start = escapesFrom ?? this.#location();
    this.#advance();
    let value = '';
    while (!this.#atEnd()) {
      const character = this.#advance();
      if (character === '\\' && escapesFrom !== undefined && !this.#atEnd()) value += unescape(this.#advance());
      else if (character !== "'") value += character;
      else if (this.#peek() === "'") value += this.#advance();
      else return value;
    }
    return this.#fail(`Unterminated ${escapesFrom === undefined ? '' : 'encoded '}string literal`, start);
  }

  #quotedWord(start: Location): Extract<Token, { kind: 'word' }> {
    this.#advance();
    let value = '';
    while (!this.#atEnd()) {
      const character = this.#advance();
      if (character !== '"') value += character;
      else if (this.#peek() === '"') value += this.#advance();
      else return { kind: 'word', value, isQuoted: true, keyword: '', location: start };
    }
    return this.#fail(`Expected close delimiter '"' before EOF.`, start);
  }

  #number(): Token {
    let digits = this.#takeWhile(decimalDigit);
    if (digits === '0' && this.#consume('x')) {
      return { kind: 'string', form: 'hex', value: this.#takeWhile(hexDigit), tag: '', location: undefined };
    }
    if (this.#consume('.')) digits += `.${this.#takeWhile(decimalDigit)}`;
    if (digits === '.') return { kind: 'symbol', symbol: '.', location: undefined };
    const signed = /[+-]/.test(this.#peek(1)) ? 1 : 0;
    if (/[eE]/.test(this.#peek()) && decimalDigit.test(this.#peek(1 + signed))) {
      digits += this.#advance() + (signed === 1 ? this.#advance() : '') + this.#takeWhile(decimalDigit);
    }
    return { kind: 'number', digits, isLong: this.#consume('L'), location: undefined };
  }

  /** `$1` is a placeholder, `$$…$$` and `$tag$…$tag$` are strings. */
  #dollar(): Token {
    this.#advance();
    const tag = this.#takeWhile(dollarTagPart);
    if (!this.#consume('$')) return { kind: 'placeholder', name: `$${tag}`, location: undefined };
    let value = '';
    while (!this.#atEnd()) {
      if (this.#consume(`$${tag}$`)) return { kind: 'string', form: 'dollar', value, tag, location: undefined };
      value += this.#advance();
    }
    return this.#fail('Unterminated dollar-quoted string', this.#location());
  }

  #fail(what: string, location: Location): never {
    throw new SqlError(`sql parser error: ${what}${locationText(location)}`);
  }
}

function unescape(character: string): string {
  switch (character) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'r':
      return '\r';
    default:
      return character;
  }
}
