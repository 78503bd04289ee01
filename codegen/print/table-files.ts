import { type Plan, type TablePlan } from '../plan/plan.ts';
import { tableDefinition, tableHandle } from './tables-text.ts';
import { fileText, header, importRuntime, type ImportOptions, type Place, quoted } from './text.ts';
import { namingFor } from './types-file.ts';

/** The folder of files of single tables. No submodule has a folder of such a name: `-` is in no name of a module. */
const folderOfTables = 'by-table';

/** A file for each table, by its path in the output folder: its definition, its handle and the indexes of it. */
export function tableFiles(plan: Plan, { hash, folder }: Place, options: ImportOptions): [string, string][] {
  const place: Place = { hash, folder: `${folder}${folderOfTables}/` };
  const naming = namingFor(plan, '$types.');
  return [...fileNames(plan.tables)].map(([table, name]) => [
    `${place.folder}${name}.ts`,
    fileText([
      header(place),
      [importRuntime(options), `import * as $types from ${quoted(`../types${options.extension}`)};`],
      tableDefinition(table, naming),
      ...tableHandle(table, naming, 'export function'),
    ]),
  ]);
}

/** What the file of a module takes of those of its tables, and what it hands on. */
export function tableImports({ tables }: Plan, { extension }: ImportOptions): string[][] {
  const files = [...fileNames(tables)].map(([table, name]) => ({
    ...table,
    path: quoted(`./${folderOfTables}/${name}${extension}`),
  }));
  return [
    files.map(
      ({ handle, definition, path }) => `import { type ${handle}, ${definition}, new$${handle} } from ${path};`,
    ),
    files.map(({ handle, definition, path }) => `export { type ${handle}, ${definition} } from ${path};`),
  ];
}

/** Some file systems hold names that differ in case only for the same. */
function fileNames(tables: readonly TablePlan[]): ReadonlyMap<TablePlan, string> {
  const taken = new Set<string>();
  const names = new Map<TablePlan, string>();
  for (const table of tables) {
    let name = table.accessor;
    for (let number = 2; taken.has(name.toLowerCase()); number++) name = `${table.accessor}-${number}`;
    taken.add(name.toLowerCase());
    names.set(table, name);
  }
  return names;
}
