import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import type { ViteUserConfig } from 'vitest/config';
import { LongestFirst } from './support/longest-first.ts';
import { patienceMs } from './support/patience.ts';
import { propertyPatience } from './support/property.ts';

const at = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

const whenCollected = 'test/**/*.gc.test.ts';

/** What changes the modules that others import, or asks about the whole process: what it holds, what runs in it. */
const ofTheWholeProcess =
  /\bvi\.(?:mock|doMock|resetModules)\(|\b(?:queryObjects|getActiveResourcesInfo|memoryUsage|countExecutedCode)\(|'node:inspector'/;

/** Files that say so: in one process with others, either would see what the other does. */
const alone: string[] = readdirSync(at('test'), { recursive: true, encoding: 'utf8' })
  .map((name) => `test/${name.replaceAll('\\', '/')}`)
  .filter((file) => /^(?!.*node_modules)(?!.*\.gc\.test\.ts$).*\.test\.ts$/.test(file))
  .filter((file) => ofTheWholeProcess.test(readFileSync(at(file), 'utf8')));

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
    // One more than there are processors: many tests wait for a browser, a process or a socket.
    maxWorkers: Math.min(4, availableParallelism()) + 1,
    sequence: { sequencer: LongestFirst },
    // Nothing asserts times: this only ends what hangs, also on a machine that is busy with something else.
    testTimeout: 8 * patienceMs * propertyPatience(),
    hookTimeout: 4 * patienceMs,
    expect: { poll: { timeout: patienceMs } },
    projects: [
      {
        // A process takes one file after the other: nothing in `src` remembers anything that another file could see, and to import it anew for each file
        // takes longer than most tests.
        extends: true,
        test: {
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: [whenCollected, ...alone, '**/node_modules/**'],
          isolate: false,
        },
      },
      {
        extends: true,
        test: { name: 'alone', include: alone },
      },
      {
        // Tests of what may be collected need a `gc` they can call.
        extends: true,
        test: { name: 'gc', include: [whenCollected], pool: 'forks', execArgv: ['--expose-gc'] },
      },
    ],
  },
});

export default config;
