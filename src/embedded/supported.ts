import { type ModuleModel } from '../module-def/model.ts';
import { flatModule } from './flat-module.ts';
import { ModuleLoadError } from './module-load-error.ts';

/**
 * Throws a {@link ModuleLoadError} when the module uses a feature that the embedded server does not have, which must not seem to work, or has submodules that no
 * server takes.
 */
export function refuseUnsupported(module: ModuleModel): void {
  const [problem] = [...lifecycleProblems(module), ...refusals(module, '')];
  if (problem !== undefined) throw new ModuleLoadError(problem);
  const [feature] = unsupportedFeatures(flatModule(module));
  if (feature !== undefined)
    throw new ModuleLoadError(`it uses ${feature}, which the embedded server does not support`);
}

const longestNamespace = 63;

/** What there is more than one of: nobody could say which one runs. */
function* lifecycleProblems({ reducers }: ModuleModel): Generator<string> {
  for (const kind of ['init', 'onConnect', 'onDisconnect'] as const) {
    const names = reducers.filter(({ lifecycle }) => lifecycle === kind).map(({ name }) => name.canonical);
    if (names.length > 1)
      yield `it has ${names.length} reducers for ${moments[kind]} (${names.join(', ')}): servers take one`;
  }
}

/** When the reducers of a lifecycle run. */
const moments = { init: 'init', onConnect: 'clients that connect', onDisconnect: 'clients that disconnect' } as const;

/** What is wrong with the submodules. */
function* refusals({ submodules }: ModuleModel, path: string): Generator<string> {
  for (const { namespace, module } of submodules) {
    const name = path + namespace;
    const { length } = new TextEncoder().encode(namespace);
    if (length > longestNamespace)
      yield `the namespace of its submodule ${name} has ${length} bytes: no server takes more than ${longestNamespace}`;
    for (const reducer of module.reducers) {
      if (reducer.lifecycle === undefined) continue;
      yield `its submodule ${name} has the lifecycle reducer ${reducer.name.canonical}: servers take those of the module itself only`;
    }
    yield* refusals(module, `${name}.`);
  }
}

function* unsupportedFeatures(module: ModuleModel): Generator<string> {
  for (const sql of module.rowLevelSecurity) yield `row level security (client_visibility_filter: ${sql})`;
  for (const name of module.httpHandlers ?? []) yield `an HTTP handler (${name})`;
  for (const view of module.views) {
    if (view.params.length > 0) yield `a view with parameters (${view.name.canonical})`;
  }
  for (const warning of module.warnings) yield `something of a newer server: ${warning}`;
}
