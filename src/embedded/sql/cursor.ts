import { tokenize } from './lexer.ts';
import { SqlError } from './sql-error.ts';
import { locationText, type Token, tokenText, type WordToken } from './token.ts';

/** How deep statements, queries and expressions may nest, together. */
const maxDepth = 50;

/** A place in the tokens of a text, with what every part of the parser needs to go on from there. */
export class Cursor {
  readonly #tokens: readonly Token[];
  #index = 0;
  #depth = 0;

  /** Throws an {@link SqlError} where the text cannot be cut into tokens. */
  constructor(sql: string) {
    this.#tokens = tokenize(sql);
  }

  peek(ahead = 0): Token {
    return this.#tokens[this.#index + ahead] ?? { kind: 'end', location: undefined };
  }

  next(): Token {
    const token = this.peek();
    this.#index++;
    return token;
  }

  atEnd(): boolean {
    return this.peek().kind === 'end';
  }

  /** Whether the token `ahead` is this symbol. */
  isSymbol(symbol: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'symbol' && token.symbol === symbol;
  }

  /** The keyword `ahead`, in upper case, or the empty string. Every unquoted word counts as one. */
  keyword(ahead = 0): string {
    const token = this.peek(ahead);
    return token.kind === 'word' ? token.keyword : '';
  }

  /** Takes the symbol if it is next. */
  takeSymbol(symbol: string): boolean {
    const isNext = this.isSymbol(symbol);
    if (isNext) this.#index++;
    return isNext;
  }

  /** Takes these keywords, all of them, if they are next. */
  takeKeywords(...keywords: readonly string[]): boolean {
    const areNext = keywords.every((keyword, ahead) => this.keyword(ahead) === keyword);
    if (areNext) this.#index += keywords.length;
    return areNext;
  }

  /** Takes one of these keywords if it is next. */
  takeOneOf(...keywords: readonly string[]): string | undefined {
    const keyword = this.keyword();
    if (keyword === '' || !keywords.includes(keyword)) return undefined;
    this.#index++;
    return keyword;
  }

  expectSymbol(symbol: string): void {
    if (!this.takeSymbol(symbol)) this.expected(symbol);
  }

  expectKeyword(keyword: string): void {
    if (!this.takeKeywords(keyword)) this.expected(keyword);
  }

  /** Throws the {@link SqlError} of a text that goes on with `found` instead of `what`. */
  expected(what: string, found: Token = this.peek()): never {
    throw new SqlError(`sql parser error: Expected ${what}, found: ${tokenText(found)}${locationText(found.location)}`);
  }

  /** A name, quoted or not; single quotes make one too. */
  identifier(): Identifier {
    const token = this.next();
    if (token.kind === 'word') return identifierOf(token);
    if (token.kind === 'string' && token.form === 'single') return { name: token.value, quote: "'" };
    return this.expected('identifier', token);
  }

  /** `name`, `schema.name`, … */
  objectName(): readonly Identifier[] {
    return this.separated('.', () => this.identifier());
  }

  /** One or more of what `parse` reads, with commas between them. */
  list<T>(parse: () => T): readonly T[] {
    return this.separated(',', parse);
  }

  /** One or more of what `parse` reads, with `separator` between them. */
  separated<T>(separator: string, parse: () => T): readonly T[] {
    const items = [parse()];
    while (this.takeSymbol(separator)) items.push(parse());
    return items;
  }

  /** What `parse` reads, one level deeper. Throws an {@link SqlError} when that is too deep. */
  nested<T>(parse: () => T): T {
    if (this.#depth >= maxDepth) throw new SqlError('sql parser error: recursion limit exceeded');
    this.#depth++;
    try {
      return parse();
    } finally {
      this.#depth--;
    }
  }

  /** What `parse` reads, or `undefined`, back at the same place, when it throws an {@link SqlError}. */
  attempt<T>(parse: () => T): T | undefined {
    const index = this.#index;
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      this.#index = index;
      return undefined;
    }
  }
}

/** A name as it was written. */
export interface Identifier {
  readonly name: string;
  readonly quote: '"' | "'" | undefined;
}

export function identifierOf(word: WordToken): Identifier {
  return { name: word.value, quote: word.isQuoted ? '"' : undefined };
}
