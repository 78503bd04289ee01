import { type AlgebraicType, minSizeOf, type NamedType } from '../../src/bsatn/algebraic-type.ts';
import { type ModuleName, type ProcedureModel, type ReducerModel, toCamelCase } from '../../src/module-def/index.ts';
import { NameScope } from './name-scope.ts';
import { type FunctionPlan, type ProcedurePlan, type ReducerPlan, type TypePlan } from './plan.ts';
import { type PlanContext } from './plan-context.ts';
import { codecName } from './plan-types.ts';
import { sortedBy } from './sorted-by.ts';

interface Callable {
  readonly name: ModuleName;
  readonly params: readonly NamedType[];
  readonly returns?: AlgebraicType;
  readonly isCallable: boolean;
}

/** Whether a function is generated: one that clients may call, or with `includePrivate` one that the owner may call. */
export function isGenerated(fn: ReducerModel | ProcedureModel, includePrivate: boolean): boolean {
  if (fn.isCallable) return true;
  return includePrivate && !('lifecycle' in fn && fn.lifecycle !== undefined);
}

/** Plans the reducers that clients may call, and the types of their arguments. */
export function planReducers(context: PlanContext): {
  readonly reducers: ReducerPlan[];
  readonly args: TypePlan[];
} {
  const callable = sortedBy(
    context.model.reducers.filter((reducer) => isGenerated(reducer, context.options.includePrivate)),
    ({ name }) => name.canonical,
  );
  const scope = context.scopes.reducers;
  const { functions, args } = planFunctions(callable, 'reducer', scope, context);
  const listeners = scope.allocate(
    functions.map(({ accessor, wireName }) => ({
      wanted: `on${upperFirst(accessor)}`,
      source: `the listener of ${wireName}`,
    })),
  );
  const reducers = functions.map((reducer, index) => ({ ...reducer, listener: listeners[index] ?? '' }));
  return { reducers: withoutTakenAliases(reducers, scope), args };
}

/** Plans the procedures that clients may call, and the types of their arguments. */
export function planProcedures(context: PlanContext): {
  readonly procedures: ProcedurePlan[];
  readonly args: TypePlan[];
} {
  const callable = sortedBy(
    context.model.procedures.filter((procedure) => isGenerated(procedure, context.options.includePrivate)),
    ({ name }) => name.canonical,
  );
  const scope = context.scopes.procedures;
  const { functions, args } = planFunctions(callable, 'procedure', scope, context);
  const procedures = functions.flatMap((procedure, index): ProcedurePlan[] => {
    const model = callable[index];
    return model === undefined ? [] : [{ ...procedure, returns: context.types.uses.resolve(model.returns) }];
  });
  return { procedures: withoutTakenAliases(procedures, scope), args };
}

function planFunctions(
  callable: readonly Callable[],
  what: 'reducer' | 'procedure',
  scope: NameScope,
  context: PlanContext,
): { readonly functions: FunctionPlan[]; readonly args: TypePlan[] } {
  const accessors = scope.allocate(
    callable.map(({ name }) => ({ wanted: toCamelCase(name.source), source: `the ${what} ${name.canonical}` })),
  );
  const args: TypePlan[] = [];
  const functions = callable.map((fn, index): FunctionPlan => {
    const { name, params } = fn;
    const accessor = accessors[index] ?? '';
    const type =
      params.length === 0 ? undefined : planArgs(`${context.prefix}${name.canonical}`, what, accessor, params, context);
    if (type !== undefined) args.push(type);
    const official = officialSpelling(name.canonical);
    return {
      wireName: `${context.prefix}${name.canonical}`,
      accessor,
      alias: official === accessor ? undefined : official,
      definition: `${accessor}${what === 'reducer' ? 'Reducer' : 'Procedure'}`,
      args: type?.name,
      doc: [],
      shape: context.shapes.function(fn),
    };
  });
  return { functions, args };
}

function planArgs(
  wireName: string,
  what: string,
  accessor: string,
  params: readonly NamedType[],
  { model, types, scopes, warnings }: PlanContext,
): TypePlan {
  const name = scopes.exports.take({
    wanted: `${upperFirst(accessor)}Args`,
    source: `the type of the arguments of ${wireName}`,
  });
  // The names of parameters are not on the wire, so nothing is said about how they are spelt there.
  const fields = types.fields(params, new NameScope(`parameters of ${wireName}`, warnings));
  return {
    name,
    codec: codecName(name),
    doc: [`The arguments of the ${what} \`${wireName}\`.`],
    minSize: minSizeOf({ tag: 'Product', elements: params }, model.typespace),
    shape: { kind: 'product', fields },
  };
}

/** How the official client spells a function: only `_x` and `-x` become `X`, and the first letter is small. */
function officialSpelling(canonical: string): string {
  const joined = canonical.replaceAll(/[-_]([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return joined.charAt(0).toLowerCase() + joined.slice(1);
}

function withoutTakenAliases<T extends FunctionPlan>(functions: readonly T[], scope: NameScope): T[] {
  return functions.map((each) => {
    if (each.alias === undefined) return each;
    if (scope.has(each.alias)) return { ...each, alias: undefined };
    scope.take({ wanted: each.alias, source: each.wireName });
    return each;
  });
}

function upperFirst(name: string): string {
  const [first = ''] = name;
  return first.toUpperCase() + name.slice(first.length);
}
