import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import type { ViteUserConfig } from 'vitest/config';
import { patienceMs } from './support/patience.ts';
import { propertyPatience } from './support/property.ts';

const at = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/**
 * Tests that share nothing with others: those that load modules anew or mock them, that look at what loading does, that replace what belongs to the whole
 * process, or that count what it holds.
 */
const alone = [
  'test/bsatn/utf-8.test.ts',
  'test/calls/arguments.test.ts',
  'test/copies.test.ts',
  'test/drift/schema-check.test.ts',
  'test/embedded/content-cache.test.ts',
  'test/embedded/javascript/breakpoints.test.ts',
  'test/malformed/*.test.ts',
  'test/offline/indexed-db/transactions.test.ts',
  'test/official/*.test.ts',
  'test/platform/browser.test.ts',
  'test/store/cost.test.ts',
  'test/store/overlay/evidence.test.ts',
  'test/store/overlay/overlay-maker.test.ts',
  'test/store/step-errors.test.ts',
  'test/sync/tabs/tabs.prop.test.ts',
];

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
      { extends: true, test: { name: 'alone', include: alone } },
      {
        // Loading the modules under test takes longer than most tests do, so these share them, file after file.
        extends: true,
        test: {
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['**/*.gc.test.ts', '**/node_modules/**', ...alone],
          isolate: false,
          setupFiles: [at('test/support/leaves-nothing.ts')],
        },
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
