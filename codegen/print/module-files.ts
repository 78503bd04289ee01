import { type Plan } from '../plan/plan.ts';
import { indexFile } from './index-file.ts';
import { schemaFile } from './schema-file.ts';
import { tableFiles } from './table-files.ts';
import { type FileOptions, type Place } from './text.ts';
import { typesFile } from './types-file.ts';

/** The files of a module and of those inside it, by their path in the output folder. */
export function moduleFiles(plan: Plan, place: Place, options: FileOptions): Map<string, string> {
  const { hash, folder } = place;
  const own: [string, string][] = [
    [`${folder}index.ts`, indexFile(plan, place, options)],
    [`${folder}types.ts`, typesFile(plan, place, options)],
  ];
  // That of the outermost module is about those inside it too.
  if (folder === '') own.push(['schema.ts', schemaFile(plan, place, options)]);
  if (options.isSplit === true) own.push(...tableFiles(plan, place, options));
  const inner = plan.submodules.flatMap((submodule) => [
    ...moduleFiles(submodule.plan, { hash, folder: `${folder}${submodule.folder}/` }, options),
  ]);
  return new Map([...own, ...inner]);
}
