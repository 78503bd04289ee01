import { type AlgebraicType } from '../bsatn/algebraic-type.ts';
import { type DefinedFunction, type Definition } from './definition.ts';
import { schemaError } from './source.ts';

/** A reference that leads to nothing: no server has so many types. */
const nowhere = 0xffff_ffff;

/** What stands for a type of this name, which a newer server may know. */
export function unknownType(name: string): AlgebraicType {
  return { tag: 'Product', elements: [{ name, type: { tag: 'Ref', ref: nowhere } }] };
}

/**
 * The definition without the types that are unknown, and without what uses them, as far as no client can see it. Throws a `SchemaError` where one can.
 */
export function withoutUnknownTypes(definition: Definition): Definition {
  const submodules = definition.submodules.map((inner) => ({
    ...inner,
    definition: withoutUnknownTypes(inner.definition),
  }));
  const unknown = new UnknownTypes(definition.typespace);
  const warnings: string[] = [];
  const hidden = hiddenFunctions(definition);
  const dropped = new Set<string>();
  /** Whether a part of the module stays. */
  const stays = (
    what: string,
    part: { readonly path: string; readonly name: string },
    types: readonly AlgebraicType[],
    isVisible: boolean,
  ): boolean => {
    const type = unknown.in(types);
    if (type === undefined) return true;
    const problem = `the ${what} ${part.name} uses the type ${JSON.stringify(type)}, which this version does not know; a server newer than 2.x may have written it`;
    if (isVisible) throw schemaError(part.path, problem);
    warnings.push(`${problem}: it is left out`);
    dropped.add(part.name);
    return false;
  };
  const isCallable = (fn: DefinedFunction): boolean => !fn.isPrivate && !hidden.has(fn.name);
  const parts = {
    tables: definition.tables.filter((table) =>
      stays('table', table, [{ tag: 'Ref', ref: table.rowRef }], table.isPublic),
    ),
    reducers: definition.reducers.filter((fn) =>
      stays(
        'reducer',
        fn,
        fn.params.map(({ type }) => type),
        isCallable(fn),
      ),
    ),
    procedures: definition.procedures.filter((fn) =>
      stays('procedure', fn, [...fn.params.map(({ type }) => type), fn.returns], isCallable(fn)),
    ),
    views: definition.views.filter((view) =>
      stays('view', view, [...view.params.map(({ type }) => type), view.returns], view.isPublic),
    ),
  };
  const isThere = (name: string): boolean => !namesOf(name, definition).some((each) => dropped.has(each));
  return {
    ...definition,
    ...parts,
    submodules,
    typespace: definition.typespace.map((type, ref) => (unknown.has(ref) ? { tag: 'Product', elements: [] } : type)),
    types: definition.types.filter(({ ref }) => !unknown.has(ref)),
    schedules: definition.schedules.filter(({ table, functionName }) => isThere(table) && isThere(functionName)),
    lifecycles: definition.lifecycles.filter(({ functionName }) => isThere(functionName)),
    warnings: [...definition.warnings, ...warnings],
  };
}

/** The types of a typespace that are unknown, or made of such. */
class UnknownTypes {
  /** By reference, the name of the unknown type. */
  readonly #names = new Map<number, string>();

  constructor(typespace: readonly AlgebraicType[]) {
    let before: number;
    do {
      before = this.#names.size;
      for (const [ref, type] of typespace.entries()) {
        const name = this.#names.has(ref) ? undefined : this.#nameIn(type);
        if (name !== undefined) this.#names.set(ref, name);
      }
    } while (this.#names.size > before);
  }

  has(ref: number): boolean {
    return this.#names.has(ref);
  }

  /** The name of the first unknown type that one of these is made of. */
  in(types: readonly AlgebraicType[]): string | undefined {
    return first(types, (type) => this.#nameIn(type));
  }

  #nameIn(type: AlgebraicType): string | undefined {
    switch (type.tag) {
      case 'Ref':
        return this.#names.get(type.ref);
      case 'Array':
        return this.#nameIn(type.element);
      case 'Product':
      case 'Sum':
        return first(type.tag === 'Product' ? type.elements : type.variants, (part) =>
          part.type.tag === 'Ref' && part.type.ref === nowhere ? part.name : this.#nameIn(part.type),
        );
      default:
        return undefined;
    }
  }
}

/** What the server calls by itself; it may go by its name in the source or by the canonical one. */
function hiddenFunctions(definition: Definition): ReadonlySet<string> {
  const names = [...definition.lifecycles, ...definition.schedules].map(({ functionName }) => functionName);
  return new Set(names.flatMap((name) => namesOf(name, definition)));
}

function namesOf(name: string, { explicitNames }: Definition): string[] {
  return [name, ...explicitNames.filter(({ canonical }) => canonical === name).map(({ source }) => source)];
}

function first<T>(items: readonly T[], find: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
