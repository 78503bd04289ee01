import { fixedSizeOf, type PrimitiveTag } from '../../src/bsatn/algebraic-type.ts';
import { codecName } from '../plan/plan-types.ts';
import { type TypePlan, type VariantPlan } from '../plan/plan.ts';
import { type SpecialName, type Use } from '../plan/use.ts';
import { conditional, indented, quoted } from './text.ts';

/** How many bytes every value takes, of types of which any bytes are a value. */
const plainSpecials: Readonly<Record<SpecialName, number | undefined>> = {
  Identity: 32,
  ConnectionId: 16,
  Timestamp: 8,
  TimeDuration: 8,
  Uuid: 16,
  ScheduleAt: undefined,
};

/** Not every byte is a `bool`. */
function plainSize(tag: PrimitiveTag): number | undefined {
  return tag === 'Bool' ? undefined : fixedSizeOf({ tag }, []);
}

/** A number of bytes, whatever they are, or statements that check what comes next. */
type Move = number | readonly string[];

/**
 * Prints how a value is checked without making it, for what rows are made of: they are checked when they arrive, and read when somebody asks for them.
 * In the functions `r` is the reader.
 */
export class SkipPrinter {
  readonly #types: ReadonlyMap<string, TypePlan>;
  /** The types that others are made of. */
  readonly #parts: ReadonlySet<string>;

  constructor(types: readonly TypePlan[]) {
    this.#types = new Map(types.map((type) => [type.name, type]));
    this.#parts = new Set(types.flatMap((type) => usesOf(type).flatMap(namesOf)));
  }

  /** The function of a type that needs one. */
  functions(type: TypePlan): string[] {
    if (!this.#hasFunction(type)) return [];
    return [`function skip$${type.name}(r: $.BsatnReader): void {`, ...indented(this.#body(type)), '}'];
  }

  /** What the codec of a type says besides how to read and write. */
  properties(type: TypePlan): string {
    if (this.#hasFunction(type)) return `, skip: skip$${type.name}`;
    const size = this.#parts.has(type.name) ? this.#sizeOf(type) : undefined;
    return size === undefined ? '' : `, fixedSize: ${size}`;
  }

  #hasFunction(type: TypePlan): boolean {
    return this.#parts.has(type.name) && this.#sizeOf(type) === undefined;
  }

  /** A type that contains itself does so by way of a sum or an array, which have no size. */
  #sizeOf({ shape }: TypePlan): number | undefined {
    switch (shape.kind) {
      case 'product':
        return this.#sumOf(shape.fields.map(({ use }) => use));
      case 'alias':
        return this.#sizeOfUse(shape.use);
      case 'sum':
      case 'strings':
        return undefined;
    }
  }

  #sumOf(uses: readonly Use[]): number | undefined {
    let sum = 0;
    for (const use of uses) {
      const size = this.#sizeOfUse(use);
      if (size === undefined) return undefined;
      sum += size;
    }
    return sum;
  }

  #sizeOfUse(use: Use): number | undefined {
    switch (use.kind) {
      case 'primitive':
        return plainSize(use.tag);
      case 'special':
        return plainSpecials[use.type];
      case 'unit':
        return 0;
      case 'named': {
        const type = this.#types.get(use.name);
        return type === undefined ? undefined : this.#sizeOf(type);
      }
      default:
        return undefined;
    }
  }

  #body({ name, shape }: TypePlan): string[] {
    switch (shape.kind) {
      case 'product':
        return statementsOf(shape.fields.map(({ use }) => this.#move(use)));
      case 'alias':
        return statementsOf([this.#move(shape.use)]);
      case 'sum':
      case 'strings':
        return this.#sum(name, shape.variants);
    }
  }

  #sum(name: string, variants: readonly VariantPlan[]): string[] {
    const refuse = `r.unknownTag(${quoted(name)});`;
    if (variants.every(({ payload }) => payload === undefined)) return [`if (r.u8() >= ${variants.length}) ${refuse}`];
    const arms = variants.flatMap(({ payload }, index) => [
      `case ${index}:`,
      ...indented([...(payload === undefined ? [] : this.#statements(payload)), 'return;']),
    ]);
    return ['switch (r.u8()) {', ...indented([...arms, 'default:', ...indented([refuse])]), '}'];
  }

  #statements(use: Use): string[] {
    return statementsOf([this.#move(use)]);
  }

  #move(use: Use): Move {
    const size = this.#sizeOfUse(use);
    if (size !== undefined) return size;
    switch (use.kind) {
      case 'primitive':
        return use.tag === 'String' ? ['r.skipString();'] : [`r.${use.tag.toLowerCase()}();`];
      case 'bytes':
        return ['r.skipByteArray();'];
      case 'unit':
        return [];
      case 'special':
        return [`$.${codecName(use.type)}.read(r);`];
      case 'named':
        return [`skip$${use.name}(r);`];
      case 'never':
        return ['read$$Never(r);'];
      case 'array':
        return this.#array(use);
      case 'option': {
        const some = this.#statements(use.some);
        return some.length === 0 ? ['r.optionTag();'] : conditional('if (r.optionTag())', some);
      }
      case 'result': {
        const [ok, err] = [this.#statements(use.ok), this.#statements(use.err)];
        return ['if (r.resultTag()) {', ...indented(ok), '} else {', ...indented(err), '}'];
      }
    }
  }

  #array({ element, elementMinSize }: Use & { readonly kind: 'array' }): string[] {
    const count = `r.count('array', ${elementMinSize})`;
    const size = this.#sizeOfUse(element);
    if (size !== undefined) return [size === 0 ? `${count};` : `r.skip(${count}${size === 1 ? '' : ` * ${size}`});`];
    return conditional(`for (let count = ${count}; count > 0; count--)`, this.#statements(element));
  }
}

/** Bytes that follow each other are one move. */
function statementsOf(moves: readonly Move[]): string[] {
  const statements: string[] = [];
  let size = 0;
  const flush = (): void => {
    if (size > 0) statements.push(`r.skip(${size});`);
    size = 0;
  };
  for (const move of moves) {
    if (typeof move === 'number') {
      size += move;
    } else {
      flush();
      statements.push(...move);
    }
  }
  flush();
  return statements;
}

function usesOf({ shape }: TypePlan): readonly Use[] {
  switch (shape.kind) {
    case 'product':
      return shape.fields.map(({ use }) => use);
    case 'sum':
    case 'strings':
      return shape.variants.flatMap(({ payload }) => payload ?? []);
    case 'alias':
      return [shape.use];
  }
}

/** The declared types in a use. */
function namesOf(use: Use): readonly string[] {
  switch (use.kind) {
    case 'named':
      return [use.name];
    case 'array':
      return namesOf(use.element);
    case 'option':
      return namesOf(use.some);
    case 'result':
      return [...namesOf(use.ok), ...namesOf(use.err)];
    default:
      return [];
  }
}
