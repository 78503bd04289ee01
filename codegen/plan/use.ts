import {
  type AlgebraicType,
  minSizeOf,
  type PrimitiveTag,
  specialTypeOf,
  type Typespace,
} from '../../src/bsatn/algebraic-type.ts';
import { specialNames } from '../../src/bsatn/type-parts.ts';

/** A type where it is used. References to types without a declared name are resolved. */
export type Use =
  | { readonly kind: 'primitive'; readonly tag: PrimitiveTag }
  | { readonly kind: 'bytes' | 'unit' | 'never' }
  | { readonly kind: 'special'; readonly type: SpecialName }
  /** A type that the module declares; `name` is that of the generated code. */
  | { readonly kind: 'named'; readonly name: string }
  /** `elementMinSize`: the fewest bytes an element takes. */
  | { readonly kind: 'array'; readonly element: Use; readonly elementMinSize: number }
  | { readonly kind: 'option'; readonly some: Use; readonly none: NoneForm }
  | { readonly kind: 'result'; readonly ok: Use; readonly err: Use };

/** What `none` is in TypeScript. */
export type NoneForm = 'undefined' | 'null';

/** What people call the special types that have no parts. */
export type SpecialName = (typeof specialNames)[keyof typeof specialNames];

/** Resolves uses against one typespace. */
export class UseResolver {
  readonly typespace: Typespace;
  readonly #nameOf: (ref: number) => string | undefined;
  readonly #none: NoneForm;

  /** `nameOf` gives the name that a declared type has in generated code. */
  constructor(typespace: Typespace, none: NoneForm, nameOf: (ref: number) => string | undefined) {
    this.typespace = typespace;
    this.#none = none;
    this.#nameOf = nameOf;
  }

  resolve(type: AlgebraicType): Use {
    switch (type.tag) {
      case 'Ref': {
        const name = this.#nameOf(type.ref);
        return name === undefined ? this.resolve(this.#target(type.ref)) : { kind: 'named', name };
      }
      case 'Array': {
        const element = this.resolve(type.element);
        const isBytes = element.kind === 'primitive' && element.tag === 'U8';
        if (isBytes) return { kind: 'bytes' };
        return { kind: 'array', element, elementMinSize: minSizeOf(type.element, this.typespace) };
      }
      case 'Product':
      case 'Sum':
        return this.#special(type);
      default:
        return { kind: 'primitive', tag: type.tag };
    }
  }

  #special(type: AlgebraicType): Use {
    const special = specialTypeOf(type);
    if (special === undefined) {
      if (type.tag === 'Sum' && type.variants.length === 0) return { kind: 'never' };
      throw new Error(`a ${type.tag} without a name reached the generator`);
    }
    switch (special.kind) {
      case 'unit':
        return { kind: 'unit' };
      case 'option':
        return { kind: 'option', some: this.resolve(special.some), none: this.#none };
      case 'result':
        return { kind: 'result', ok: this.resolve(special.ok), err: this.resolve(special.err) };
      default:
        return { kind: 'special', type: specialNames[special.kind] };
    }
  }

  #target(ref: number): AlgebraicType {
    const target = this.typespace[ref];
    if (target === undefined) throw new Error(`type reference ${ref} reached the generator`);
    return target;
  }
}
