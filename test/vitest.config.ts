import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import type { ViteUserConfig } from 'vitest/config';
import { patienceMs } from './support/patience.ts';
import { propertyPatience } from './support/property.ts';

const at = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

const config: ViteUserConfig = defineConfig({
  root: at(''),
  resolve: {
    alias: [
      { find: /^#platform$/, replacement: at('src/platform/node.ts') },
      { find: /^spacetimedb-signals$/, replacement: at('src/index.ts') },
      { find: /^spacetimedb-signals\/runtime$/, replacement: at('src/runtime.ts') },
      { find: /^spacetimedb-signals\/bsatn$/, replacement: at('src/bsatn/index.ts') },
      { find: /^spacetimedb-signals\/node$/, replacement: at('src/node.ts') },
      { find: /^spacetimedb-signals\/(preact|react|solid|svelte|tc39|vue)$/, replacement: at('src/adapters/$1.ts') },
      { find: /^spacetimedb-signals\/embedded$/, replacement: at('src/embedded/index.ts') },
    ],
  },
  test: {
    maxWorkers: 2,
    // Nothing asserts times: this only ends what hangs, also on a machine that is busy with something else.
    testTimeout: 4 * patienceMs * propertyPatience(),
    hookTimeout: 4 * patienceMs,
    expect: { poll: { timeout: patienceMs } },
    projects: [
      {
        extends: true,
        test: { name: 'node', include: ['test/**/*.test.ts'], exclude: ['**/*.gc.test.ts', '**/node_modules/**'] },
      },
      {
        // Tests of what may be collected need a `gc` they can call.
        extends: true,
        test: { name: 'gc', include: ['test/**/*.gc.test.ts'], pool: 'forks', execArgv: ['--expose-gc'] },
      },
    ],
  },
});

export default config;
