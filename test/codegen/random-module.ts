import * as fc from 'fast-check';
import { type AlgebraicType, isUnit, type NamedType, type PrimitiveTag } from '../../src/bsatn/algebraic-type.ts';
import { ConnectionId, Identity, ScheduleAt, TimeDuration, Timestamp, Uuid } from '../../src/bsatn/index.ts';
import { type ModuleModel, toCamelCase, toPascalCase } from '../../src/module-def/index.ts';
import { primitiveValues } from '../bsatn/arbitraries.ts';
import { optionType, product, sum, unitType } from '../bsatn/types.ts';
import { moduleWithTables } from '../support/module-model.ts';

/** A name on the wire, as a property and as the tag of a variant: written down, not converted by what is under test. */
interface PartName {
  readonly wire: string;
  readonly property: string;
  readonly tag: string;
}

const partNames: readonly PartName[] = [
  { wire: 'id', property: 'id', tag: 'Id' },
  { wire: 'created_at', property: 'createdAt', tag: 'CreatedAt' },
  { wire: 'tag', property: 'tag', tag: 'Tag' },
  { wire: 'value', property: 'value', tag: 'Value' },
  { wire: 'some', property: 'some', tag: 'Some' },
  { wire: 'ok', property: 'ok', tag: 'Ok' },
  { wire: 'class', property: 'class', tag: 'Class' },
  { wire: 'constructor', property: 'constructor', tag: 'Constructor' },
  { wire: 'vec_2_i', property: 'vec2I', tag: 'Vec2I' },
  { wire: '__proto__', property: 'proto', tag: 'Proto' },
  { wire: 'größe', property: 'größe', tag: 'Größe' },
];

const nameOf = new Map(partNames.map((name) => [name.wire, name]));

/** The names of the types that a random module declares: with those that generated code, TypeScript or JavaScript use themselves. */
const typeNames = ['String', 'Array', 'Uint8Array', 'Never', 'Identity', 'Tables'] as const;

/** A module that declares types, some of them recursive, and hands all of them to one procedure. */
export interface RandomModule {
  readonly model: ModuleModel;
  /** The declared types by the name they have in the module. */
  readonly refs: ReadonlyMap<string, number>;
}

const bits = (width: bigint): fc.Arbitrary<bigint> => fc.bigInt({ min: 0n, max: 2n ** width - 1n });
const micros = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const i64: AlgebraicType = { tag: 'I64' };
const timestampType = product({ __timestamp_micros_since_unix_epoch__: i64 });
const durationType = product({ __time_duration_micros__: i64 });

/** Special types with their values. */
const specials: readonly { readonly type: AlgebraicType; readonly value: fc.Arbitrary<unknown> }[] = [
  { type: unitType, value: fc.constant({}) },
  { type: product({ __identity__: { tag: 'U256' } }), value: bits(256n).map((value) => new Identity(value)) },
  { type: product({ __connection_id__: { tag: 'U128' } }), value: bits(128n).map((value) => new ConnectionId(value)) },
  { type: product({ __uuid__: { tag: 'U128' } }), value: bits(128n).map((value) => new Uuid(value)) },
  { type: timestampType, value: micros.map((value) => new Timestamp(value)) },
  { type: durationType, value: micros.map((value) => new TimeDuration(value)) },
  {
    type: sum({ Interval: durationType, Time: timestampType }),
    value: fc.oneof(
      micros.map((value) => ScheduleAt.interval(new TimeDuration(value))),
      micros.map((value) => ScheduleAt.time(new Timestamp(value))),
    ),
  },
];

const primitiveTags = Object.keys(primitiveValues).filter((tag): tag is PrimitiveTag =>
  Object.hasOwn(primitiveValues, tag),
);

function refs(below: number): fc.Arbitrary<AlgebraicType> {
  return fc.nat({ max: below - 1 }).map((ref): AlgebraicType => ({ tag: 'Ref', ref }));
}

/** Types for a part of the type `index`: a direct reference leads to an earlier type, one behind an option or an array anywhere. */
function uses(index: number, count: number): fc.Arbitrary<AlgebraicType> {
  const leaf = fc.oneof(
    fc.constantFrom(...primitiveTags).map((tag): AlgebraicType => ({ tag })),
    fc.constantFrom(...specials).map(({ type }) => type),
    ...(index === 0 ? [] : [refs(index)]),
  );
  const { use } = fc.letrec<{ use: AlgebraicType; any: AlgebraicType }>((tie) => ({
    any: fc.oneof({ maxDepth: 2 }, refs(count), tie('use')),
    use: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      leaf,
      tie('any').map((element): AlgebraicType => ({ tag: 'Array', element })),
      tie('any').map(optionType),
      fc.tuple(tie('use'), tie('use')).map(([ok, err]) => sum({ ok, err })),
    ),
  }));
  return use;
}

function parts(index: number, count: number): fc.Arbitrary<NamedType[]> {
  return fc
    .uniqueArray(fc.constantFrom(...partNames), { maxLength: 5 })
    .chain((names) =>
      fc.tuple(...names.map(({ wire }) => uses(index, count).map((type): NamedType => ({ name: wire, type })))),
    );
}

/** A sum always has a variant without payload at its end, so that recursion can end. */
function declaredType(index: number, count: number): fc.Arbitrary<AlgebraicType> {
  return fc.oneof(
    parts(index, count).map((elements): AlgebraicType => ({ tag: 'Product', elements })),
    parts(index, count).map((variants): AlgebraicType => ({
      tag: 'Sum',
      variants: [...variants, { name: 'nothing', type: unitType }],
    })),
    uses(index, count),
  );
}

/** Random modules. */
export const randomModules: fc.Arbitrary<RandomModule> = fc
  .tuple(...typeNames.map((_, index) => declaredType(index, typeNames.length)))
  .map((typespace) => {
    const model = {
      ...moduleWithTables([], typespace),
      types: typeNames.map((name, ref) => ({ scope: [], name, ref, customOrdering: false })),
      procedures: [
        {
          name: { source: 'all', canonical: 'all' },
          params: typeNames.map((name, ref): NamedType => ({ name: name.toLowerCase(), type: { tag: 'Ref', ref } })),
          returns: unitType,
          isCallable: true,
        },
      ],
    };
    return { model, refs: new Map(typeNames.map((name, ref) => [name, ref])) };
  });

/** How the values of generated code call the parts of a type. */
export interface ValueNaming {
  readonly property: (wireName: string) => string;
  readonly tag: (wireName: string) => string;
}

/** The names of the parts of random modules. */
export const randomNaming: ValueNaming = {
  property: (wireName) => nameOf.get(wireName)?.property ?? toCamelCase(wireName),
  tag: (wireName) => nameOf.get(wireName)?.tag ?? toPascalCase(wireName),
};

/** Values of the declared type `ref` as generated code shapes them; options and arrays are filled three deep. */
export function valuesOf(model: ModuleModel, ref: number, naming: ValueNaming): fc.Arbitrary<unknown> {
  return new ValueMaker(model, naming).declared(ref, 3);
}

class ValueMaker {
  readonly #model: ModuleModel;
  readonly #naming: ValueNaming;

  constructor(model: ModuleModel, naming: ValueNaming) {
    this.#model = model;
    this.#naming = naming;
  }

  declared(ref: number, depth: number): fc.Arbitrary<unknown> {
    const type = this.#model.typespace[ref] ?? unitType;
    if (type.tag === 'Product') return this.#product(type.elements, depth);
    return type.tag === 'Sum' ? this.#sum(type.variants, depth) : this.#use(type, depth);
  }

  #product(elements: readonly NamedType[], depth: number): fc.Arbitrary<unknown> {
    const properties = elements.map(({ name = '' }) => this.#naming.property(name));
    return fc
      .tuple(...elements.map(({ type }) => this.#use(type, depth)))
      .map((items) => Object.fromEntries(items.map((item, index) => [properties[index], item])));
  }

  #sum(variants: readonly NamedType[], depth: number): fc.Arbitrary<unknown> {
    // A sum that contains itself ends with its last variant.
    const shown = depth === 0 ? variants.slice(-1) : variants;
    const arms = shown.map(({ name = '', type }) => {
      const tag = this.#naming.tag(name);
      if (isUnit(type)) return fc.constant({ tag });
      return this.#use(type, Math.max(0, depth - 1)).map((value) => ({ tag, value }));
    });
    return fc.oneof(...arms);
  }

  #use(type: AlgebraicType, depth: number): fc.Arbitrary<unknown> {
    const special = specials.find((candidate) => JSON.stringify(candidate.type) === JSON.stringify(type));
    if (special !== undefined) return special.value;
    switch (type.tag) {
      case 'Ref':
        return this.declared(type.ref, depth);
      case 'Array':
        if (type.element.tag === 'U8') return fc.uint8Array({ maxLength: 4 });
        return depth === 0 ? fc.constant([]) : fc.array(this.#use(type.element, depth - 1), { maxLength: 3 });
      case 'Sum':
        return this.#optionOrResult(type.variants, depth);
      case 'Product':
        throw new Error('an anonymous product is special');
      default:
        return primitiveValues[type.tag];
    }
  }

  #optionOrResult([first, second]: readonly NamedType[], depth: number): fc.Arbitrary<unknown> {
    if (first === undefined || second === undefined) throw new Error('an anonymous sum is an option or a result');
    if (first.name === 'ok') {
      return fc.oneof(
        this.#use(first.type, depth).map((ok) => ({ ok })),
        this.#use(second.type, depth).map((err) => ({ err })),
      );
    }
    if (depth === 0) return fc.constant(undefined);
    const some = this.#use(first.type, depth - 1);
    const isNested = first.type.tag === 'Sum' && first.type.variants[0]?.name === 'some';
    return fc.oneof(fc.constant(undefined), isNested ? some.map((inner) => ({ some: inner })) : some);
  }
}
