import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Bundles an example of the documentation for Node, with the sources of this repository in the place of the package. Other packages are found where `outfile` is. */
export async function bundleExample(source: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [source],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'silent',
    alias: {
      '#platform': at('../../src/platform/node.ts'),
      'spacetimedb-signals/runtime': at('../../src/runtime.ts'),
      'spacetimedb-signals/embedded': at('../../src/embedded/index.ts'),
      'spacetimedb-signals': at('../../src/index.ts'),
    },
  });
}
