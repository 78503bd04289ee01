import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Bundles a program that a test runs in a process of its own, with everything that it imports, into `folder`; returns the path of what it made. */
export async function bundleProcess(entry: URL, folder: string): Promise<string> {
  const outfile = join(folder, `${basename(entry.pathname, '.ts')}.cjs`);
  await build({
    entryPoints: [fileURLToPath(entry)],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    // Its paths lead from the generated code to the sources.
    tsconfig: fileURLToPath(new URL('../../tsconfig.json', import.meta.url)),
    logLevel: 'warning',
    // Only modules in TypeScript need it, and no such program runs one.
    logOverride: { 'empty-import-meta': 'silent' },
  });
  return outfile;
}
