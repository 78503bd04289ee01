import { type ModuleModel } from '../module-def/model.ts';
import { ModuleLoadError } from './module-load-error.ts';

/** Throws a {@link ModuleLoadError} when the module uses a feature that the embedded server does not have: it must not seem to work. */
export function refuseUnsupported(module: ModuleModel): void {
  const [feature] = unsupportedFeatures(module);
  if (feature !== undefined)
    throw new ModuleLoadError(`it uses ${feature}, which the embedded server does not support`);
}

function* unsupportedFeatures(module: ModuleModel): Generator<string> {
  for (const sql of module.rowLevelSecurity) yield `row level security (client_visibility_filter: ${sql})`;
  for (const name of module.httpHandlers ?? []) yield `an HTTP handler (${name})`;
  for (const { namespace } of module.submodules) yield `a submodule (${namespace})`;
  for (const view of module.views) {
    if (view.params.length > 0) yield `a view with parameters (${view.name.canonical})`;
  }
  for (const warning of module.warnings) yield `something of a newer server: ${warning}`;
}
