import { type SubmodulePlan } from '../plan/plan.ts';
import { docComment, type ImportOptions, quoted } from './text.ts';

/** The name by which the code of a submodule is imported; no name of a module begins with `$`. */
export function importName({ exported }: SubmodulePlan): string {
  return `$${exported}`;
}

export function importSubmodules(submodules: readonly SubmodulePlan[], options: ImportOptions): string[] {
  return submodules.map((submodule) => `import * as ${importName(submodule)} from ${pathOf(submodule, options)};`);
}

export function exportSubmodules(submodules: readonly SubmodulePlan[], options: ImportOptions): string[] {
  return submodules.map((submodule) => `export * as ${submodule.exported} from ${pathOf(submodule, options)};`);
}

function pathOf({ folder }: SubmodulePlan, { extension }: ImportOptions): string {
  return quoted(`./${folder}/index${extension}`);
}

/** What of a module is shown by property, with the interface of it. */
type Part = 'tables' | 'reducers' | 'procedures';

const interfaces: Readonly<Record<Part, string>> = {
  tables: 'Tables',
  reducers: 'Reducers',
  procedures: 'Procedures',
};

/** The members of an interface that lead to the submodules. */
export function submoduleMembers(submodules: readonly SubmodulePlan[], part: Part): string[] {
  return submodules.flatMap((submodule) => [
    ...docComment([`The ${part} of the submodule \`${submodule.path}\`.`]),
    `readonly ${submodule.accessors[part]}: ${importName(submodule)}.${interfaces[part]};`,
  ]);
}

/** The properties that make those members. */
export function submoduleProperties(submodules: readonly SubmodulePlan[], part: Part): string[] {
  return submodules.map(
    (submodule) => `${submodule.accessors[part]}: ${importName(submodule)}.new$${interfaces[part]}(core),`,
  );
}
