import { readFile } from 'node:fs/promises';
import { type Plugin } from 'esbuild';
import { compile } from 'svelte/compiler';

/** Has esbuild compile components of Svelte. */
export function sveltePluginFor(generate: 'client' | 'server'): Plugin {
  return {
    name: 'svelte',
    setup(build) {
      build.onLoad({ filter: /\.svelte$/ }, async ({ path }) => {
        const { js, warnings } = compile(await readFile(path, 'utf8'), {
          filename: path,
          generate,
          // The properties of these components never change.
          warningFilter: ({ code }) => code !== 'state_referenced_locally',
        });
        return { contents: js.code, loader: 'js', warnings: warnings.map(({ message }) => ({ text: message })) };
      });
    },
  };
}
