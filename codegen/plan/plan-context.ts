import { type ModuleModel, type Shapes } from '../../src/module-def/index.ts';
import { type NameScope } from './name-scope.ts';
import { type PlanOptions } from './plan.ts';
import { type TypePlanner } from './plan-types.ts';

/** What the parts of one module are planned with. */
export interface PlanContext {
  readonly model: ModuleModel;
  /** What stands before the module's names on the wire: nothing, or the path of a submodule with a dot. */
  readonly prefix: string;
  readonly options: PlanOptions;
  readonly types: TypePlanner;
  readonly shapes: Shapes;
  readonly scopes: Scopes;
  readonly warnings: string[];
}

/** The scopes of names that parts of different kinds share. */
export interface Scopes {
  /** Everything that generated code exports. */
  readonly exports: NameScope;
  /** The properties of `tables`, and those of `reducers` and `procedures`: submodules are among them. */
  readonly tables: NameScope;
  readonly reducers: NameScope;
  readonly procedures: NameScope;
}
