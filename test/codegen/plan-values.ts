import * as fc from 'fast-check';
import { type Plan, type TypePlan } from '../../codegen/plan/plan.ts';
import { type Use } from '../../codegen/plan/use.ts';
import { ConnectionId, Identity, ScheduleAt, TimeDuration, Timestamp, Uuid } from '../../src/bsatn/index.ts';
import { primitiveValues } from '../bsatn/arbitraries.ts';

const bits = (width: bigint): fc.Arbitrary<bigint> => fc.bigInt({ min: 0n, max: 2n ** width - 1n });
const micros = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

const specialValues: Readonly<Record<(Use & { kind: 'special' })['type'], fc.Arbitrary<unknown>>> = {
  Identity: bits(256n).map((value) => new Identity(value)),
  ConnectionId: bits(128n).map((value) => new ConnectionId(value)),
  Uuid: bits(128n).map((value) => new Uuid(value)),
  Timestamp: micros.map((value) => new Timestamp(value)),
  TimeDuration: micros.map((value) => new TimeDuration(value)),
  ScheduleAt: fc.oneof(
    micros.map((value) => ScheduleAt.interval(new TimeDuration(value))),
    micros.map((value) => ScheduleAt.time(new Timestamp(value))),
  ),
};

/** Values of the types of a plan, as generated code shapes them. */
export class PlanValues {
  readonly #types: ReadonlyMap<string, TypePlan>;

  constructor(plan: Plan) {
    this.#types = new Map(plan.types.map((type) => [type.name, type]));
  }

  /** Values of a type, nested at most `depth` deep; `undefined` where there are none. */
  of(name: string, depth = 4): fc.Arbitrary<unknown> | undefined {
    const type = this.#types.get(name);
    if (type === undefined) throw new Error(`no type ${name}`);
    if (depth <= 0) return undefined;
    const { shape } = type;
    switch (shape.kind) {
      case 'alias':
        return this.#use(shape.use, depth);
      case 'strings':
        return fc.constantFrom(...shape.variants.map(({ tag }) => tag));
      case 'product': {
        const fields = shape.fields.map(({ property, use }) => [property, this.#use(use, depth)] as const);
        const known = fields.flatMap(([property, values]) => (values === undefined ? [] : [{ property, values }]));
        if (known.length < fields.length) return undefined;
        return fc
          .tuple(...known.map(({ values }) => values))
          .map((items) => Object.fromEntries(items.map((item, index) => [known[index]?.property, item])));
      }
      case 'sum': {
        const arms = shape.variants.flatMap(({ tag, payload }) => {
          if (payload === undefined) return [fc.constant<unknown>({ tag })];
          const values = this.#use(payload, depth);
          return values === undefined ? [] : [values.map((value) => ({ tag, value }))];
        });
        return arms.length === 0 ? undefined : fc.oneof(...arms);
      }
    }
  }

  #use(use: Use, depth: number): fc.Arbitrary<unknown> | undefined {
    switch (use.kind) {
      case 'primitive':
        return primitiveValues[use.tag];
      case 'bytes':
        return fc.uint8Array({ maxLength: 4 });
      case 'unit':
        return fc.constant({});
      case 'never':
        return undefined;
      case 'special':
        return specialValues[use.type];
      case 'named':
        return this.of(use.name, depth - 1);
      case 'array': {
        const element = this.#use(use.element, depth - 1);
        return element === undefined ? fc.constant([]) : fc.array(element, { maxLength: 3 });
      }
      case 'option': {
        const some = this.#use(use.some, depth - 1);
        const none = use.none === 'null' ? null : undefined;
        if (some === undefined) return fc.constant(none);
        return fc.oneof(fc.constant(none), use.some.kind === 'option' ? some.map((inner) => ({ some: inner })) : some);
      }
      case 'result': {
        const ok = this.#use(use.ok, depth)?.map((value): unknown => ({ ok: value }));
        const err = this.#use(use.err, depth)?.map((value): unknown => ({ err: value }));
        const arms = [ok, err].flatMap((arm) => arm ?? []);
        return arms.length === 0 ? undefined : fc.oneof(...arms);
      }
    }
  }
}
