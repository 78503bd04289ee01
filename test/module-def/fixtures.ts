import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type ModuleModel } from '../../src/module-def/index.ts';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** What a real server answered for the reference module. */
export function referenceSchema(version: 9 | 10): string {
  return readFileSync(at(`../reference-module/schema.v${version}.json`), 'utf8').trimEnd();
}

export function referenceWasm(): Uint8Array {
  return readFileSync(at('../reference-module/reference-module.wasm'));
}

/** Names of the edge cases in `test/schemas/synthetic`. */
export const syntheticNames: readonly string[] = readdirSync(at('../schemas/synthetic'))
  .map((file) => file.replace('.v10.json', ''))
  .sort();

export function syntheticSchema(name: string): string {
  return readFileSync(at(`../schemas/synthetic/${name}.v10.json`), 'utf8').trimEnd();
}

/** A schema of version 10 with others inside it, by namespace. */
export function schemaWithSubmodules(schema: string, submodules: Readonly<Record<string, string>>): string {
  const inner = Object.entries(submodules).map(([namespace, text]) => {
    const module: unknown = JSON.parse(text);
    return { namespace, module };
  });
  const { sections }: { readonly sections: readonly unknown[] } = JSON.parse(schema);
  return JSON.stringify({ sections: [...sections, { Submodules: inner }] });
}

/** The model with everything sorted whose order a server takes from a hash map. */
export function sortedModel(model: ModuleModel): ModuleModel {
  return {
    ...model,
    types: sortedBy(model.types, ({ scope, name }) => [...scope, name].join('.')),
    tables: sortedBy(model.tables, ({ name }) => name.canonical).map((table) => ({
      ...table,
      indexes: sortedBy(table.indexes, ({ name }) => name.canonical),
      uniqueConstraints: sortedBy(table.uniqueConstraints, String),
      sequences: sortedBy(table.sequences, ({ column }) => String(column)),
    })),
  };
}

function sortedBy<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  return [...items].sort((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1));
}
