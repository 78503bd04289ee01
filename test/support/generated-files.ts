import { readFileSync } from 'node:fs';

/** The files of these names as they are in a folder of `test/generated`. */
export function committed(folder: string, files: ReadonlyMap<string, string>): Map<string, string> {
  const textOf = (name: string): string =>
    readFileSync(new URL(`../generated/${folder}/${name}`, import.meta.url), 'utf8');
  return new Map([...files.keys()].map((name) => [name, textOf(name)]));
}
