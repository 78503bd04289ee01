import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate, type GenerateChoices } from '../../codegen/generate.ts';
import { moduleFromJson } from '../../src/module-def/index.ts';
import { schemaOf } from './schema.ts';

/** Writes the bindings of these tables, which are all like `player`, with a reducer each. Returns how many lines they are. */
export function writeBindings(
  folder: string,
  tables: readonly string[],
  extension: GenerateChoices['extension'] = '.js',
): number {
  mkdirSync(folder, { recursive: true });
  let lines = 0;
  const options = { runtime: 'spacetimedb-signals/runtime', extension };
  for (const [name, text] of generate(moduleFromJson(schemaOf(tables)), options).files) {
    writeFileSync(join(folder, name), text);
    lines += text.split('\n').length;
  }
  return lines;
}
