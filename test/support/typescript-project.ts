import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './temporary-folder.ts';

/** A project with a module in TypeScript, gone after the test; the packages it finds are those of this repository. */
export function typescriptProject(source: string): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'src'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'src/index.ts'), source);
  symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(folder, 'node_modules'));
  return folder;
}

/** The reference module in TypeScript. */
export const referenceProject: string = fileURLToPath(new URL('../fixtures/reference-module', import.meta.url));

/** A module in TypeScript with a submodule that has a submodule. */
export const submoduleProject: string = fileURLToPath(new URL('../fixtures/submodule-project', import.meta.url));
