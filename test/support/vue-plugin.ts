import { readFile } from 'node:fs/promises';
import { type Plugin } from 'esbuild';
import { compileScript, parse } from 'vue/compiler-sfc';

/** The TypeScript of a component of Vue with `<script setup>`, with or without its template. Throws where it does not compile. */
export function compiledVue(source: string, filename: string, inlineTemplate = true): string {
  const { descriptor, errors } = parse(source, { filename });
  const [error] = errors;
  if (error !== undefined) throw error;
  return compileScript(descriptor, { id: filename, inlineTemplate }).content;
}

/** Has esbuild compile components of Vue for a browser. */
export const vuePlugin: Plugin = {
  name: 'vue',
  setup(build) {
    build.onLoad({ filter: /\.vue$/ }, async ({ path }) => ({
      contents: compiledVue(await readFile(path, 'utf8'), path),
      loader: 'ts',
    }));
  },
};

/** What Vue wants to be told by a bundler. */
export const vueFlags: Readonly<Record<string, string>> = {
  __VUE_OPTIONS_API__: 'false',
  __VUE_PROD_DEVTOOLS__: 'false',
  __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
};
