import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './temporary-folder.ts';

/** A project with a module in TypeScript, gone after the test: one file, or several by name. The packages it finds are those of this repository. */
export function typescriptProject(source: string | Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'src'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const files = typeof source === 'string' ? { 'index.ts': source } : source;
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'src', name), text);
  symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(folder, 'node_modules'));
  return folder;
}

/** The reference module in TypeScript. */
export const referenceProject: string = fileURLToPath(new URL('../fixtures/reference-module', import.meta.url));

/** A module in TypeScript with a submodule that has a submodule. */
export const submoduleProject: string = fileURLToPath(new URL('../fixtures/submodule-project', import.meta.url));
