import { type AlgebraicType, type NamedType, resolveRef, specialTypeOf } from '../bsatn/algebraic-type.ts';
import { partsOf } from '../bsatn/type-parts.ts';
import { type Definition } from './definition.ts';
import { type ModuleModel, type ModuleName } from './model.ts';
import { isIdentifier } from './names.ts';
import { schemaError } from './source.ts';

/**
 * What a server insists on, so that whoever uses a model need not: names are identifiers and unique in their scope, references lead to
 * something, and every product and sum that is not special has a declared name. Throws a `SchemaError`.
 */
export function checkModule(model: ModuleModel, definition: Definition): void {
  checkDeclarations(model, definition);
  checkNames(model, definition);
  const check = new TypeChecker(model);
  const pathOf = (index: number): string => pathIn(definition, `Typespace.types[${index}]`);
  for (const index of model.typespace.keys()) check.noCycle(index, pathOf(index));
  for (const [index, type] of model.typespace.entries()) check.typespaceEntry(type, index, pathOf(index));
  for (const [index, { params }] of model.reducers.entries()) {
    check.params(params, `${definition.reducers[index]?.path}.params`);
  }
  for (const [index, { params, returns }] of model.procedures.entries()) {
    const path = definition.procedures[index]?.path ?? '';
    check.params(params, `${path}.params`);
    check.use(returns, `${path}.return_type`);
  }
  for (const [index, { params }] of model.views.entries())
    check.params(params, `${definition.views[index]?.path}.params`);
}

function pathIn({ path }: Definition, part: string): string {
  return path === '' ? part : `${path}.${part}`;
}

function checkDeclarations(model: ModuleModel, definition: Definition): void {
  const names = new Set<string>();
  const refs = new Set<number>();
  for (const [index, { scope, name, ref }] of model.types.entries()) {
    const path = definition.types[index]?.path ?? '';
    for (const part of [...scope, name]) checkIdentifier(part, path);
    const full = [...scope, name].join('.');
    if (names.has(full)) throw schemaError(path, `a second type is called ${full}`);
    names.add(full);
    if (model.typespace[ref] === undefined) {
      // A C++ module says in the name of such a type what is wrong with it.
      const declared = definition.types[index]?.name ?? full;
      throw schemaError(
        path,
        `the type ${declared}: reference ${ref} is outside the typespace of ${model.typespace.length} types`,
      );
    }
    if (refs.has(ref)) throw schemaError(path, `type ${ref} has a second name, ${full}`);
    refs.add(ref);
  }
}

function checkNames(model: ModuleModel, definition: Definition): void {
  const relations = new Set<string>();
  const functions = new Set<string>();
  for (const [index, table] of model.tables.entries()) {
    const path = definition.tables[index]?.path ?? '';
    addName(relations, table.name, path);
    checkParts(table.columns, path);
    checkRow(model, table.rowRef, `${path}.product_type_ref`);
    for (const { accessor } of table.indexes) if (accessor !== undefined) checkIdentifier(accessor, path);
  }
  for (const [index, { name }] of model.reducers.entries())
    addName(functions, name, definition.reducers[index]?.path ?? '');
  for (const [index, { name }] of model.procedures.entries())
    addName(functions, name, definition.procedures[index]?.path ?? '');
  for (const [index, { name }] of model.views.entries()) {
    const path = definition.views[index]?.path ?? '';
    addName(functions, name, path);
    addName(relations, name, path);
  }
  const namespaces = new Set<string>();
  for (const { namespace } of model.submodules) {
    checkIdentifier(namespace, pathIn(definition, 'Submodules'));
    if (namespaces.has(namespace))
      throw schemaError(pathIn(definition, 'Submodules'), `a second submodule is called ${namespace}`);
    namespaces.add(namespace);
  }
}

/** A row whose type is inside itself is refused by the server, which could not store it. */
function checkRow(model: ModuleModel, rowRef: number, path: string): void {
  const seen = new Set<number>();
  const visit = (type: AlgebraicType): void => {
    if (type.tag !== 'Ref') return partsOf(type).forEach((part) => visit(part));
    if (type.ref === rowRef) throw schemaError(path, `the row type ${rowRef} contains itself`);
    const target = model.typespace[type.ref];
    if (target === undefined || seen.has(type.ref)) return;
    seen.add(type.ref);
    visit(target);
  };
  const row = model.typespace[rowRef];
  if (row !== undefined) visit(row);
}

function addName(names: Set<string>, { canonical }: ModuleName, path: string): void {
  checkIdentifier(canonical, path);
  if (names.has(canonical)) throw schemaError(path, `the name ${JSON.stringify(canonical)} is taken already`);
  names.add(canonical);
}

function checkIdentifier(name: string, path: string): void {
  if (!isIdentifier(name)) throw schemaError(path, `${JSON.stringify(name)} is not an identifier`);
}

/** Names of parts may repeat: `foo_bar` and `fooBar` are one column name after conversion, and a server takes them. */
function checkParts(parts: readonly NamedType[], path: string): void {
  for (const [index, { name }] of parts.entries()) {
    if (name === undefined) throw schemaError(path, `the element ${index} has no name`);
    checkIdentifier(name, path);
  }
}

class TypeChecker {
  readonly #model: ModuleModel;
  readonly #declared: ReadonlySet<number>;

  constructor(model: ModuleModel) {
    this.#model = model;
    this.#declared = new Set(model.types.map((type) => type.ref));
  }

  params(params: readonly NamedType[], path: string): void {
    checkParts(params, path);
    for (const [index, { type }] of params.entries()) this.use(type, `${path}.elements[${index}].algebraic_type`);
  }

  /** An entry that is declared by name may be any product or sum; its parts are uses. */
  typespaceEntry(type: AlgebraicType, index: number, path: string): void {
    if (this.#declared.has(index) || specialTypeOf(type) === undefined) this.#parts(type, path);
    else this.use(type, path);
  }

  #parts(type: AlgebraicType, path: string): void {
    if (type.tag === 'Product') {
      checkParts(type.elements, path);
      for (const [index, element] of type.elements.entries()) this.use(element.type, `${path}.elements[${index}]`);
    } else if (type.tag === 'Sum') {
      checkParts(type.variants, path);
      for (const [index, variant] of type.variants.entries()) this.use(variant.type, `${path}.variants[${index}]`);
    } else this.use(type, path);
  }

  /** A type where it is used: a reference, a primitive, an array or a special type. */
  use(type: AlgebraicType, path: string): void {
    switch (type.tag) {
      case 'Ref':
        return this.#ref(type.ref, path);
      case 'Array':
        return this.use(type.element, `${path}.element`);
      case 'Product':
      case 'Sum': {
        const special = specialTypeOf(type);
        if (special?.kind === 'option') return this.use(special.some, `${path}.some`);
        if (special?.kind === 'result') {
          this.use(special.ok, `${path}.ok`);
          return this.use(special.err, `${path}.err`);
        }
        if (special === undefined && !isNever(type)) throw schemaError(path, `a ${type.tag} without a declared name`);
        return undefined;
      }
      default:
        return undefined;
    }
  }

  #ref(ref: number, path: string): void {
    const target = this.#model.typespace[ref];
    if (target === undefined) {
      throw schemaError(
        path,
        `type reference ${ref} is outside the typespace of ${this.#model.typespace.length} types`,
      );
    }
    if (this.#declared.has(ref)) return;
    const type = resolveRef(target, this.#model.typespace);
    if ((type.tag === 'Product' || type.tag === 'Sum') && specialTypeOf(type) === undefined && !isNever(type)) {
      if (!this.#leadsToDeclared(ref))
        throw schemaError(path, `type reference ${ref} leads to a ${type.tag} without a declared name`);
    }
  }

  #leadsToDeclared(ref: number): boolean {
    if (this.#declared.has(ref)) return true;
    const target = this.#model.typespace[ref];
    return target?.tag === 'Ref' && this.#leadsToDeclared(target.ref);
  }

  /** A chain of types without names that comes back to itself describes nothing. */
  noCycle(start: number, path: string): void {
    const open = new Set<number>();
    const visit = (type: AlgebraicType): void => {
      if (type.tag !== 'Ref') return partsOf(type).forEach((part) => visit(part));
      if (this.#declared.has(type.ref)) return;
      const target = this.#model.typespace[type.ref];
      if (target === undefined) throw schemaError(path, `type reference ${type.ref} is outside the typespace`);
      if (open.has(type.ref)) throw schemaError(path, `type reference ${type.ref} leads back to itself`);
      open.add(type.ref);
      visit(target);
      open.delete(type.ref);
    };
    if (!this.#declared.has(start)) visit({ tag: 'Ref', ref: start });
  }
}

function isNever(type: AlgebraicType): boolean {
  return type.tag === 'Sum' && type.variants.length === 0;
}
