import { type AlgebraicType, minSizeOf, type NamedType } from '../../src/bsatn/algebraic-type.ts';
import { partsOf } from '../../src/bsatn/type-parts.ts';
import { type ModuleModel, toCamelCase, toPascalCase, type TypeDeclaration } from '../../src/module-def/index.ts';
import { SchemaError } from '../../src/errors.ts';
import { NameScope } from './name-scope.ts';
import { type FieldPlan, type PlanOptions, type ShapePlan, type TypePlan, type VariantPlan } from './plan.ts';
import { sortedBy } from './sorted-by.ts';
import { type NoneForm, type Use, UseResolver } from './use.ts';

/** What types are planned with. */
export interface TypePlannerOptions {
  /** The types that are needed. */
  readonly reachable: ReadonlySet<number>;
  /** The scope of everything that generated code exports. */
  readonly names: NameScope;
  readonly warnings: string[];
  readonly enums: PlanOptions['enums'];
  readonly none: NoneForm;
}

/** The declared types that clients can meet, with their names chosen. */
export class TypePlanner {
  readonly uses: UseResolver;
  readonly #model: ModuleModel;
  readonly #warnings: string[];
  readonly #enums: PlanOptions['enums'];
  readonly #declared: readonly TypeDeclaration[];
  readonly #names = new Map<number, string>();
  readonly #fields = new Map<number, readonly FieldPlan[]>();

  constructor(model: ModuleModel, { reachable, names, warnings, enums, none }: TypePlannerOptions) {
    this.#model = model;
    this.#enums = enums;
    this.#warnings = warnings;
    this.#declared = sortedBy(
      model.types.filter(({ ref }) => reachable.has(ref)),
      fullName,
    );
    const allocated = names.allocate(
      this.#declared.map((type) => ({
        wanted: [...type.scope, type.name].map(toPascalCase).join(''),
        source: `the type ${fullName(type)}`,
      })),
    );
    for (const [index, { ref }] of this.#declared.entries()) this.#names.set(ref, allocated[index] ?? '');
    this.uses = new UseResolver(model.typespace, none, (ref) => this.#names.get(ref));
  }

  /** The fields of the product at `ref`, or of the one it leads to. */
  fieldsAt(ref: number): readonly FieldPlan[] {
    const type = this.#model.typespace[ref];
    if (type?.tag === 'Ref') return this.fieldsAt(type.ref);
    const known = this.#fields.get(ref);
    if (known !== undefined) return known;
    const scope = new NameScope(`columns of ${this.#names.get(ref) ?? ref}`, this.#warnings);
    const fields = type?.tag === 'Product' ? this.fields(type.elements, scope) : [];
    this.#fields.set(ref, fields);
    return fields;
  }

  /** The fields of a product, with names of `scope`. */
  fields(elements: readonly NamedType[], scope: NameScope): readonly FieldPlan[] {
    const properties = allocateParts(elements, toCamelCase, scope);
    return elements.map(({ name = '', type }, index) => {
      const use = this.uses.resolve(type);
      return { property: properties[index] ?? name, wireName: name, use, doc: unitDoc(use) };
    });
  }

  /** Plans all types; `notes` says more about the columns of a row type, by its name and the property. */
  types(notes: (ref: number, field: FieldPlan) => readonly string[]): TypePlan[] {
    return this.#declared.map((declaration) => {
      const name = this.#names.get(declaration.ref) ?? '';
      const type = this.#typeAt(declaration.ref);
      return {
        name,
        codec: codecName(name),
        doc: name === fullName(declaration) ? [] : [`The type \`${fullName(declaration)}\` of the module.`],
        minSize: minSizeOf(type, this.#model.typespace),
        shape: this.#shape(type, declaration.ref, notes),
      };
    });
  }

  /** Whether the type of this name is a sum without payloads. */
  isEnumeration(name: string): boolean {
    const declaration = this.#declared.find(({ ref }) => this.#names.get(ref) === name);
    const type = declaration === undefined ? undefined : this.#typeAt(declaration.ref);
    if (type?.tag !== 'Sum' || type.variants.length === 0) return false;
    return type.variants.every((variant) => this.uses.resolve(variant.type).kind === 'unit');
  }

  #typeAt(ref: number): AlgebraicType {
    const type = this.#model.typespace[ref];
    if (type === undefined) throw new Error(`type reference ${ref} reached the generator`);
    return type;
  }

  #shape(type: AlgebraicType, ref: number, notes: (ref: number, field: FieldPlan) => readonly string[]): ShapePlan {
    if (type.tag === 'Product') {
      const fields = this.fieldsAt(ref).map((field) => ({
        ...field,
        doc: [...wireNameDoc(field), ...notes(ref, field), ...field.doc],
      }));
      return { kind: 'product', fields };
    }
    if (type.tag === 'Sum') {
      const name = this.#names.get(ref) ?? '';
      const kind = this.#enums === 'string' && this.isEnumeration(name) ? 'strings' : 'sum';
      return { kind, variants: this.#variants(type.variants, name) };
    }
    return { kind: 'alias', use: this.uses.resolve(type) };
  }

  #variants(variants: readonly NamedType[], name: string): VariantPlan[] {
    if (variants.length > 256) {
      throw new SchemaError(
        `the type ${name} has ${variants.length} variants; its tag is one byte, so it can have 256`,
      );
    }
    const tags = allocateParts(variants, toPascalCase, new NameScope(`variants of ${name}`, this.#warnings));
    return variants.map(({ name: wireName = '', type }, index) => {
      const payload = this.uses.resolve(type);
      return {
        tag: tags[index] ?? wireName,
        wireName,
        payload: payload.kind === 'unit' ? undefined : payload,
        doc: [],
      };
    });
  }
}

/** The constant of a type's codec. */
export function codecName(type: string): string {
  const [first = ''] = type;
  return `${first.toLowerCase()}${type.slice(first.length)}Codec`;
}

/** Every declared type that `roots` lead to. */
export function reachableTypes(model: ModuleModel, roots: readonly AlgebraicType[]): ReadonlySet<number> {
  const found = new Set<number>();
  const visit = (type: AlgebraicType): void => {
    if (type.tag !== 'Ref') return partsOf(type).forEach((part) => visit(part));
    const target = model.typespace[type.ref];
    if (found.has(type.ref) || target === undefined) return;
    found.add(type.ref);
    visit(target);
  };
  for (const root of roots) visit(root);
  return found;
}

/** Names are given out in the order of the canonical names, whatever the order on the wire. */
function allocateParts(parts: readonly NamedType[], convert: (name: string) => string, scope: NameScope): string[] {
  const sorted = sortedBy(
    parts.map(({ name = '' }, index) => ({ name, index })),
    ({ name }) => name,
  );
  const names = scope.allocate(sorted.map(({ name }) => ({ wanted: convert(name), source: name })));
  const byIndex: string[] = [];
  for (const [position, { index }] of sorted.entries()) byIndex[index] = names[position] ?? '';
  return byIndex;
}

function fullName({ scope, name }: TypeDeclaration): string {
  return [...scope, name].join('.');
}

function wireNameDoc({ property, wireName }: FieldPlan): readonly string[] {
  return property === wireName ? [] : [`Column \`${wireName}\`.`];
}

function unitDoc(use: Use): readonly string[] {
  if (use.kind === 'option' || use.kind === 'array') return unitDoc(use.kind === 'option' ? use.some : use.element);
  if (use.kind !== 'special') return [];
  if (use.type === 'Timestamp') return ['In microseconds since the Unix epoch.'];
  return use.type === 'TimeDuration' ? ['In microseconds.'] : [];
}
