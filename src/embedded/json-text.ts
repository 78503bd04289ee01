/**
 * A value of a JSON text. Numbers keep their text, since 64 bits and more do not fit a JavaScript number; `end` is the offset behind the value, for errors.
 */
export type JsonNode = { readonly end: number } & (
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'array'; readonly items: readonly JsonNode[] }
  | { readonly kind: 'object'; readonly fields: readonly JsonField[] }
);

export interface JsonField {
  readonly name: string;
  readonly value: JsonNode;
}

/** A text that is no JSON, or a value in one that is not what it should be; `offset` is where. */
export class JsonTextError extends Error {
  readonly offset: number;

  constructor(problem: string, offset: number) {
    super(problem);
    this.name = 'JsonTextError';
    this.offset = offset;
  }
}

/** Line and column of an offset as the real server counts them: in bytes, from 1, the column being that of the last byte read. */
export function locate(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  const line = before.split('\n').length;
  return `line ${line} column ${new TextEncoder().encode(before.slice(lineStart)).length}`;
}

/** Parses a whole text. Throws a {@link JsonTextError}. */
export function parseJsonText(text: string): JsonNode {
  const parser = new Parser(text);
  const node = parser.value(0);
  parser.end();
  return node;
}

/** How deep lists and objects may nest: the last level that the real server's parser takes. */
const deepest = 127;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** Where a string ends; whether it is a good one is left to `JSON.parse`. */
const string = /"(?:[^"\\]|\\.)*"/sy;
const space = /[ \t\r\n]*/y;

class Parser {
  readonly #text: string;
  #offset = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): JsonNode {
    this.#space();
    switch (this.#text[this.#offset]) {
      case undefined:
        return this.#fail('EOF while parsing a value');
      case '{':
        return this.#object(this.#deeper(depth));
      case '[':
        return this.#array(this.#deeper(depth));
      case '"': {
        const value = this.#string();
        return { kind: 'string', value, end: this.#offset };
      }
      default:
        return this.#scalar();
    }
  }

  end(): void {
    this.#space();
    if (this.#offset < this.#text.length) this.#fail('trailing characters', 1);
  }

  #scalar(): JsonNode {
    if (this.#accept('null')) return { kind: 'null', end: this.#offset };
    if (this.#accept('true')) return { kind: 'boolean', value: true, end: this.#offset };
    if (this.#accept('false')) return { kind: 'boolean', value: false, end: this.#offset };
    const text = this.#match(number);
    if (text === undefined) return this.#fail('expected value', 1);
    return { kind: 'number', text, end: this.#offset };
  }

  #array(depth: number): JsonNode {
    this.#offset++;
    const items: JsonNode[] = [];
    if (!this.#closes(']')) {
      do items.push(this.value(depth));
      while (this.#continues(']', 'expected `,` or `]`'));
    }
    return { kind: 'array', items, end: this.#offset };
  }

  #object(depth: number): JsonNode {
    this.#offset++;
    const fields: JsonField[] = [];
    if (!this.#closes('}')) {
      do fields.push(this.#field(depth));
      while (this.#continues('}', 'expected `,` or `}`'));
    }
    return { kind: 'object', fields, end: this.#offset };
  }

  #field(depth: number): JsonField {
    this.#space();
    if (this.#text[this.#offset] !== '"') this.#fail('key must be a string', 1);
    const name = this.#string();
    this.#space();
    if (!this.#accept(':')) this.#fail('expected `:`', 1);
    return { name, value: this.value(depth) };
  }

  #string(): string {
    const text = this.#match(string);
    if (text === undefined) return this.#fail('EOF while parsing a string');
    try {
      const value: unknown = JSON.parse(text);
      return String(value);
    } catch {
      return this.#fail('invalid string');
    }
  }

  #deeper(depth: number): number {
    if (depth === deepest) this.#fail('recursion limit exceeded');
    return depth + 1;
  }

  #closes(bracket: string): boolean {
    this.#space();
    return this.#accept(bracket);
  }

  #continues(bracket: string, problem: string): boolean {
    if (this.#closes(bracket)) return false;
    if (!this.#accept(',')) this.#fail(problem, 1);
    return true;
  }

  #space(): void {
    this.#match(space);
  }

  #accept(word: string): boolean {
    if (!this.#text.startsWith(word, this.#offset)) return false;
    this.#offset += word.length;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#offset;
    const text = pattern.exec(this.#text)?.[0];
    this.#offset += text?.length ?? 0;
    return text;
  }

  #fail(problem: string, ahead = 0): never {
    throw new JsonTextError(problem, Math.min(this.#offset + ahead, this.#text.length));
  }
}
