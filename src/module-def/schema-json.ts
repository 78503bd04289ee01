import { type ModuleModel } from './model.ts';
import { printJson } from './schema-parts.ts';
import { schemaV10 } from './schema-v10.ts';
import { schemaV9 } from './schema-v9.ts';

/** The schema of a module as the schema endpoint of a server answers it for `version`. */
export function schemaJson(model: ModuleModel, version: 9 | 10): string {
  return printJson(version === 9 ? schemaV9(model) : schemaV10(model));
}
