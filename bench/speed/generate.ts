import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from '../../codegen/generate.ts';
import { moduleFromJson } from '../../src/module-def/index.ts';
import { schemaOf } from './schema.ts';

/** Writes the bindings of the table `player` to `folder`. */
export function writeBindings(folder: string): void {
  const choices = { runtime: 'spacetimedb-signals/runtime', extension: '.ts' } as const;
  for (const [name, text] of generate(moduleFromJson(schemaOf(['player'])), choices).files) {
    writeFileSync(join(folder, name), text);
  }
}
