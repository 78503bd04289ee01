import { type AlgebraicType, type NamedType, specialTypeOf, type Typespace } from '../bsatn/algebraic-type.ts';
import { partsOf, specialNames } from '../bsatn/type-parts.ts';
import { textHash } from './text-hash.ts';

/** A longer text ends in its hash instead. */
const longestText = 1000;
const shownOfLonger = 80;

const unitText = '()';

/**
 * The types of one typespace as text, for people and to compare them: two types have the same text when their values have the same bytes, and the same
 * names of fields and variants. What a module calls its types does not count.
 *
 * The texts are in generated code, and hashes of them in stored snapshots: printed otherwise, everything would seem to have changed.
 *
 * ```text
 * { x: F32, y: F32 }            a product
 * (calm | bannedUntil: Uuid)    a sum; `(none)` stands for one without variants
 * Option<T>  Result<T, E>  Array<T>
 * ^1                            the first product or sum of this text that contains itself, again
 * ```
 */
export class TypeTexts {
  readonly #typespace: Typespace;
  /** The declared types from which no type is reached that contains itself. */
  readonly #finite: ReadonlySet<number>;
  readonly #known = new Map<number, string>();

  constructor(typespace: Typespace) {
    this.#typespace = typespace;
    this.#finite = finiteTypes(typespace);
  }

  /** The text of a type. Throws a `RangeError` for a reference outside the typespace. */
  of(type: AlgebraicType): string {
    return shortened(this.#text(type, new Map()));
  }

  /** `seen` numbers the types that were met in this text and may contain themselves. */
  #text(type: AlgebraicType, seen: Map<number, number>): string {
    switch (type.tag) {
      case 'Ref':
        return this.#finite.has(type.ref) ? this.#finiteText(type.ref) : this.#endlessText(type.ref, seen);
      case 'Array':
        return `Array<${this.#text(type.element, seen)}>`;
      case 'Product':
      case 'Sum':
        break;
      default:
        return type.tag;
    }
    const special = specialTypeOf(type);
    if (special === undefined) {
      return type.tag === 'Product' ? this.#product(type.elements, seen) : this.#sum(type.variants, seen);
    }
    switch (special.kind) {
      case 'option':
        return `Option<${this.#text(special.some, seen)}>`;
      case 'result':
        return `Result<${this.#text(special.ok, seen)}, ${this.#text(special.err, seen)}>`;
      case 'unit':
        return unitText;
      default:
        return specialNames[special.kind];
    }
  }

  #product(elements: readonly NamedType[], seen: Map<number, number>): string {
    return `{ ${elements.map(({ name = '_', type }) => `${name}: ${this.#text(type, seen)}`).join(', ')} }`;
  }

  #sum(variants: readonly NamedType[], seen: Map<number, number>): string {
    if (variants.length === 0) return '(none)';
    const texts = variants.map(({ name = '_', type }) => {
      const payload = this.#text(type, seen);
      return payload === unitText ? name : `${name}: ${payload}`;
    });
    return `(${texts.join(' | ')})`;
  }

  #finiteText(ref: number): string {
    const known = this.#known.get(ref);
    if (known !== undefined) return known;
    const text = shortened(this.#text(this.#target(ref), new Map()));
    this.#known.set(ref, text);
    return text;
  }

  #endlessText(ref: number, seen: Map<number, number>): string {
    const number = seen.get(ref);
    if (number !== undefined) return `^${number}`;
    seen.set(ref, seen.size + 1);
    return this.#text(this.#target(ref), seen);
  }

  #target(ref: number): AlgebraicType {
    const target = this.#typespace[ref];
    if (target === undefined) throw new RangeError(`type reference ${ref} is outside the typespace`);
    return target;
  }
}

function shortened(text: string): string {
  if (text.length <= longestText) return text;
  return `${Array.from(text).slice(0, shownOfLonger).join('')}… #${textHash(text)}`;
}

/** The references that lead to finitely many others, however they are followed. */
function finiteTypes(typespace: Typespace): ReadonlySet<number> {
  const rest = new Map(typespace.map((type, ref) => [ref, refsIn(type)]));
  const finite = new Set<number>();
  let before: number;
  do {
    before = rest.size;
    for (const [ref, refs] of rest) {
      if (!refs.every((inner) => finite.has(inner))) continue;
      finite.add(ref);
      rest.delete(ref);
    }
  } while (rest.size < before);
  return finite;
}

function refsIn(type: AlgebraicType): readonly number[] {
  return type.tag === 'Ref' ? [type.ref] : partsOf(type).flatMap((part) => refsIn(part));
}
