import { readFileSync } from 'node:fs';

/** The version of this package. Its `package.json` is one folder above this file, and above the program that is built of it. */
export function packageVersion(): string {
  const { version }: { readonly version: string } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  );
  return version;
}
