import { type Plan } from '../plan/plan.ts';
import { clientClass } from './client-class.ts';
import { functionDefinitions, proceduresText, reducersText } from './functions-text.ts';
import { tableDefinition, tableHandle, tablesText } from './tables-text.ts';
import { fileText, header, importRuntime, type ImportOptions } from './text.ts';
import { namingFor } from './types-file.ts';

/** The file of the client: definitions of tables, reducers and procedures, the handles, and the class that holds them. */
export function indexFile(plan: Plan, hash: string, options: ImportOptions): string {
  const naming = namingFor(plan, '$types.');
  const typesPath = `'./types${options.extension}'`;
  const usesTypes = plan.tables.length > 0 || plan.types.length > 0;
  return fileText([
    header(hash),
    [
      importRuntime(options),
      ...(usesTypes ? [`import * as $types from ${typesPath};`] : []),
      '',
      `export * from ${typesPath};`,
    ],
    ...plan.tables.flatMap((table) => [tableDefinition(table, naming), ...tableHandle(table, naming)]),
    ...functionDefinitions(plan, naming),
    ...tablesText(plan),
    ...reducersText(plan),
    ...proceduresText(plan, naming),
    ...clientClass(plan, hash),
  ]);
}
