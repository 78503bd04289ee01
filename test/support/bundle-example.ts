import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Bundles an example of the documentation for Node, with the sources of this repository in the place of the package. Other packages are found where `outfile` is. */
export async function bundleExample(source: string, outfile: string, plugins: Plugin[] = []): Promise<void> {
  await build({
    entryPoints: [source],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'silent',
    plugins,
    alias: {
      '#platform': at('../../src/platform/node.ts'),
      'spacetimedb-signals/runtime': at('../../src/runtime.ts'),
      'spacetimedb-signals/svelte': at('../../src/adapters/svelte.ts'),
      'spacetimedb-signals/embedded': at('../../src/embedded/index.ts'),
      'spacetimedb-signals': at('../../src/index.ts'),
    },
  });
}
