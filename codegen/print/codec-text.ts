import { type FieldPlan, type TypePlan, type VariantPlan } from '../plan/plan.ts';
import { codecName } from '../plan/plan-types.ts';
import { type Use } from '../plan/use.ts';
import { conditional, indented, quoted } from './text.ts';
import { type Naming, typeText, useKey } from './use-text.ts';

/**
 * Prints the functions that read and write. Each type has two, without closures and without loops over its fields; they are hoisted
 * declarations, so that types may refer to each other in any order and to themselves. In them `r` is the reader, `w` the writer, `v` the value.
 */
export class CodecPrinter {
  readonly #naming: Naming;
  /** What needs functions of its own besides the declared types, by key. */
  readonly #helpers = new Map<string, Use>();

  constructor(naming: Naming) {
    this.#naming = naming;
  }

  /** The two functions of a declared type. */
  functions({ name, shape }: TypePlan): string[] {
    switch (shape.kind) {
      case 'product':
        return [...this.#readProduct(name, shape.fields), ...this.#writeProduct(name, shape.fields)];
      case 'sum':
        return [...this.#readSum(name, shape.variants), ...this.#writeSum(name, shape.variants)];
      case 'strings':
        return [...this.#readStrings(name, shape.variants), ...this.#writeStrings(name, shape.variants)];
      case 'alias':
        return [
          `function read$${name}(r: $.BsatnReader): ${name} {`,
          ...indented([`return ${this.#read(shape.use)};`]),
          '}',
          `function write$${name}(w: $.BsatnWriter, v: ${name}): void {`,
          ...indented(this.#write(shape.use, 'v')),
          '}',
        ];
    }
  }

  /** The functions that were used so far and belong to no declared type. */
  helpers(): string[][] {
    const blocks: string[][] = [];
    const printed = new Set<string>();
    // Printing one may ask for another.
    for (let rest = this.#helpersBut(printed); rest.length > 0; rest = this.#helpersBut(printed)) {
      for (const [key, use] of rest) {
        printed.add(key);
        blocks.push(use.kind === 'array' ? this.#arrayFunctions(key, use) : neverFunctions);
      }
    }
    return blocks.sort(([left = ''], [right = '']) => (left < right ? -1 : 1));
  }

  /** Sees to it that what a codec of `use` is composed of is there: what has no codec in the runtime. */
  request(use: Use): void {
    if (use.kind === 'never') this.#helper(use);
    if (use.kind === 'array') this.request(use.element);
    if (use.kind === 'option') this.request(use.some);
    if (use.kind === 'result') [use.ok, use.err].forEach((part) => this.request(part));
  }

  #helpersBut(printed: ReadonlySet<string>): (readonly [string, Use])[] {
    return [...this.#helpers].filter(([key]) => !printed.has(key));
  }

  #readProduct(name: string, fields: readonly FieldPlan[]): string[] {
    if (fields.length === 0) return [`function read$${name}(_r: $.BsatnReader): ${name} {`, '  return {};', '}'];
    return [
      `function read$${name}(r: $.BsatnReader): ${name} {`,
      '  return {',
      ...fields.map(({ property, use }) => `    ${property}: ${this.#read(use)},`),
      '  };',
      '}',
    ];
  }

  #writeProduct(name: string, fields: readonly FieldPlan[]): string[] {
    if (fields.length === 0) return [`function write$${name}(_w: $.BsatnWriter, _v: ${name}): void {}`];
    return [
      `function write$${name}(w: $.BsatnWriter, v: ${name}): void {`,
      ...fields.flatMap(({ property, use }) => indented(this.#write(use, `v.${property}`))),
      '}',
    ];
  }

  #readSum(name: string, variants: readonly VariantPlan[]): string[] {
    const arms = variants.flatMap(({ tag, payload }, index) => {
      const value = payload === undefined ? '' : `, value: ${this.#read(payload)}`;
      return [`    case ${index}:`, `      return { tag: ${quoted(tag)}${value} };`];
    });
    return [
      `function read$${name}(r: $.BsatnReader): ${name} {`,
      '  switch (r.u8()) {',
      ...arms,
      '    default:',
      `      return r.unknownTag(${quoted(name)});`,
      '  }',
      '}',
    ];
  }

  #writeSum(name: string, variants: readonly VariantPlan[]): string[] {
    if (variants.length === 0) return writeNothing(`write$${name}`, name);
    const arms = variants.flatMap(({ tag, payload }, index) => [
      `    case ${quoted(tag)}:`,
      `      w.u8(${index});`,
      ...(payload === undefined ? [] : indented(indented(indented(this.#write(payload, 'v.value'))))),
      '      return;',
    ]);
    return [
      `function write$${name}(w: $.BsatnWriter, v: ${name}): void {`,
      '  switch (v.tag) {',
      ...arms,
      '    default:',
      `      return w.unknownVariant(${quoted(name)}, v, ${quoted(listOf(variants))});`,
      '  }',
      '}',
    ];
  }

  #readStrings(name: string, variants: readonly VariantPlan[]): string[] {
    return [
      `function read$${name}(r: $.BsatnReader): ${name} {`,
      '  switch (r.u8()) {',
      ...variants.flatMap(({ tag }, index) => [`    case ${index}:`, `      return ${quoted(tag)};`]),
      '    default:',
      `      return r.unknownTag(${quoted(name)});`,
      '  }',
      '}',
    ];
  }

  #writeStrings(name: string, variants: readonly VariantPlan[]): string[] {
    return [
      `function write$${name}(w: $.BsatnWriter, v: ${name}): void {`,
      '  switch (v) {',
      ...variants.flatMap(({ tag }, index) => [`    case ${quoted(tag)}:`, `      return w.u8(${index});`]),
      '    default:',
      `      return w.unknownVariant(${quoted(name)}, v, ${quoted(listOf(variants))});`,
      '  }',
      '}',
    ];
  }

  #arrayFunctions(key: string, use: Use & { readonly kind: 'array' }): string[] {
    const type = typeText(use, this.#naming);
    const write = this.#write(use.element, 'item');
    return [
      `function read$${key}(r: $.BsatnReader): ${type} {`,
      `  const count = r.count('array', ${use.elementMinSize});`,
      `  const items: ${elementsType(type)} = [];`,
      `  for (let index = 0; index < count; index++) items.push(${this.#read(use.element)});`,
      '  return items;',
      '}',
      `function write$${key}(w: $.BsatnWriter, items: ${type}): void {`,
      '  w.count(items);',
      ...(write.length === 0 ? [] : indented(conditional('for (const item of items)', write))),
      '}',
    ];
  }

  /** An expression that reads a value. */
  #read(use: Use): string {
    switch (use.kind) {
      case 'primitive':
        return `r.${use.tag.toLowerCase()}()`;
      case 'bytes':
        return 'r.byteArray()';
      case 'unit':
        return '{}';
      case 'special':
        return `$.${codecName(use.type)}.read(r)`;
      case 'named':
        return `read$${use.name}(r)`;
      case 'never':
      case 'array':
        return `read$${this.#helper(use)}(r)`;
      case 'option': {
        const some = this.#read(use.some);
        return `r.optionTag() ? ${use.some.kind === 'option' ? `{ some: ${some} }` : grouped(use.some, some)} : ${use.none}`;
      }
      case 'result':
        return `r.resultTag() ? { ok: ${this.#read(use.ok)} } : { err: ${this.#read(use.err)} }`;
    }
  }

  /** Statements that write the value of the expression `value`, which has no effects. */
  #write(use: Use, value: string): string[] {
    switch (use.kind) {
      case 'primitive':
        return [`w.${use.tag.toLowerCase()}(${value});`];
      case 'bytes':
        return [`w.byteArray(${value});`];
      case 'unit':
        return [];
      case 'special':
        return [`$.${codecName(use.type)}.write(w, ${value});`];
      case 'named':
        return [`write$${use.name}(w, ${value});`];
      case 'never':
      case 'array':
        return [`write$${this.#helper(use)}(w, ${value});`];
      case 'option': {
        const some = this.#write(use.some, use.some.kind === 'option' ? `${value}.some` : value);
        return some.length === 0 ? [`w.optionTag(${value});`] : conditional(`if (w.optionTag(${value}))`, some);
      }
      case 'result':
        return [
          `if ('ok' in ${value}) {`,
          ...indented(['w.u8(0);', ...this.#write(use.ok, `${value}.ok`)]),
          '} else {',
          ...indented(['w.u8(1);', ...this.#write(use.err, `${value}.err`)]),
          '}',
        ];
    }
  }

  #helper(use: Use): string {
    const key = useKey(use);
    this.#helpers.set(key, use);
    return key;
  }
}

/** What the error of a value of no variant lists. */
function listOf(variants: readonly VariantPlan[]): string {
  const tags = variants.slice(0, mostListed).map(({ tag }) => tag);
  return [...tags, ...(variants.length > mostListed ? ['…'] : [])].join(', ');
}

const mostListed = 12;

const neverFunctions: string[] = [
  'function read$$Never(r: $.BsatnReader): never {',
  '  r.u8();',
  "  return r.unknownTag('never');",
  '}',
  ...writeNothing('write$$Never', 'never'),
  'export const $neverCodec: $.Codec<never> = { read: read$$Never, write: write$$Never, minSize: 1 };',
];

/** What `Option` of it narrows to is not what the compiler calls never, so that the parameter takes anything. */
function writeNothing(name: string, type: string): string[] {
  return [
    `function ${name}(_w: $.BsatnWriter, _v: unknown): void {`,
    `  throw new TypeError(${quoted(`a value of ${type}, which has none`)});`,
    '}',
  ];
}

function grouped(use: Use, expression: string): string {
  return use.kind === 'result' ? `(${expression})` : expression;
}

/** The type of the array while it is filled. */
function elementsType(type: string): string {
  return type.replace(/^readonly /, '');
}
