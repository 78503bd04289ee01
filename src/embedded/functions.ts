import { type Identity } from '../bsatn/special/identity.ts';
import { type ModuleModel, type ProcedureModel, type ReducerModel } from '../module-def/model.ts';
import { ArgumentChecker, type CallArguments } from './call-arguments.ts';
import { type CallProblem } from './commit.ts';

/** A reducer or procedure of the module. */
interface ModuleFunction<Model extends ReducerModel | ProcedureModel> {
  /** The number that the module knows it by. */
  readonly id: number;
  readonly name: string;
  readonly model: Model;
  readonly args: ArgumentChecker;
}

export type Reducer = ModuleFunction<ReducerModel>;
export type Procedure = ModuleFunction<ProcedureModel>;

/** A call that may go on, with its arguments in BSATN, or why it may not. */
export type Admission<Fn> =
  | { readonly callee: Fn; readonly bytes: Uint8Array }
  | { readonly reason: CallProblem; readonly message: string };

const lifecycleNames = { init: 'Init', onConnect: 'OnConnect', onDisconnect: 'OnDisconnect' } as const;

/** The functions of a module by name, and who may call them. */
export class Functions {
  readonly #owner: Identity;
  readonly #reducers: ReadonlyMap<string, Reducer>;
  readonly #procedures: ReadonlyMap<string, Procedure>;

  constructor(module: ModuleModel, owner: Identity) {
    this.#owner = owner;
    this.#reducers = byName(module, module.reducers);
    this.#procedures = byName(module, module.procedures);
  }

  /** By its canonical name, or by that of the source, which modules use among themselves. */
  reducer(name: string): Reducer | undefined {
    return this.#reducers.get(name) ?? find(this.#reducers, (reducer) => reducer.model.name.source === name);
  }

  procedure(name: string): Procedure | undefined {
    return this.#procedures.get(name);
  }

  lifecycle(kind: keyof typeof lifecycleNames): Reducer | undefined {
    return find(this.#reducers, (reducer) => reducer.model.lifecycle === kind);
  }

  /** Whether `caller` may call a reducer with these arguments. To others than the owner a private one does not exist. */
  admitReducer(name: string, caller: Identity, args: CallArguments): Admission<Reducer> {
    const callee = this.#reducers.get(name);
    const lifecycle = callee?.model.lifecycle;
    if (lifecycle !== undefined) {
      const kind = lifecycleNames[lifecycle];
      return { reason: 'lifecycle', message: `can't directly call special ${kind} lifecycle reducer` };
    }
    return this.#admit(callee, caller, args, { kind: 'reducer', unknown: 'no such reducer' });
  }

  /** As `admitReducer`, for a procedure. */
  admitProcedure(name: string, caller: Identity, args: CallArguments): Admission<Procedure> {
    return this.#admit(this.#procedures.get(name), caller, args, { kind: 'procedure', unknown: 'No such procedure' });
  }

  #admit<Fn extends Reducer | Procedure>(
    callee: Fn | undefined,
    caller: Identity,
    args: CallArguments,
    texts: { readonly kind: string; readonly unknown: string },
  ): Admission<Fn> {
    if (callee === undefined || !(callee.model.isCallable || caller.equals(this.#owner))) {
      return { reason: 'unknownFunction', message: texts.unknown };
    }
    const checked = callee.args.check(args);
    if ('bytes' in checked) return { callee, bytes: checked.bytes };
    const message = `invalid arguments for ${texts.kind} ${callee.name}: ${checked.problem}`;
    return { reason: 'invalidArguments', message };
  }
}

function find<Fn>(functions: ReadonlyMap<string, Fn>, matches: (candidate: Fn) => boolean): Fn | undefined {
  for (const candidate of functions.values()) if (matches(candidate)) return candidate;
  return undefined;
}

function byName<Model extends ReducerModel | ProcedureModel>(
  module: ModuleModel,
  models: readonly Model[],
): ReadonlyMap<string, ModuleFunction<Model>> {
  return new Map(
    models.map((model, id) => {
      const name = model.name.canonical;
      return [name, { id, name, model, args: new ArgumentChecker(name, model.params, module.typespace) }];
    }),
  );
}
