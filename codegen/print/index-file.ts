import { type Plan } from '../plan/plan.ts';
import { clientClass } from './client-class.ts';
import { functionDefinitions, proceduresText, reducersText } from './functions-text.ts';
import { queriesText } from './queries-text.ts';
import { exportSubmodules, importSubmodules } from './submodules-text.ts';
import { tableImports } from './table-files.ts';
import { tableDefinition, tableHandle, tablesText } from './tables-text.ts';
import { fileText, header, importRuntime, type FileOptions, type Place } from './text.ts';
import { namingFor } from './types-file.ts';

/**
 * The file of the client: definitions of tables, reducers and procedures, the handles, and the class that holds them. That of a submodule has no
 * class: its parts are properties of those of the outer module, which calls the functions that make them.
 */
export function indexFile(plan: Plan, place: Place, options: FileOptions): string {
  const naming = namingFor(plan, '$types.');
  const typesPath = `'./types${options.extension}'`;
  const usesTypes = plan.tables.length > 0 || plan.types.length > 0;
  const isRoot = place.folder === '';
  const maker = isRoot ? 'function' : 'export function';
  const [tableImported, tableExported] = options.isSplit === true ? tableImports(plan, options) : [];
  return fileText([
    header(place),
    [
      importRuntime(options),
      ...(usesTypes ? [`import * as $types from ${typesPath};`] : []),
      ...importSubmodules(plan.submodules, options),
      ...(tableImported ?? []),
      '',
      `export * from ${typesPath};`,
      ...exportSubmodules(plan.submodules, options),
      ...(tableExported ?? []),
    ],
    ...(isRoot ? clientClass(plan, place.hash, options) : []),
    ...tablesText(plan, maker),
    ...reducersText(plan, maker),
    ...proceduresText(plan, naming, maker),
    ...(options.isSplit === true
      ? []
      : plan.tables.flatMap((table) => [tableDefinition(table, naming), ...tableHandle(table, naming, 'function')])),
    ...functionDefinitions(plan, naming),
    ...queriesText(plan),
  ]);
}
