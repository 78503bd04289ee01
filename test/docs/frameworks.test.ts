import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EmbeddedServer } from '../../src/embedded/index.ts';
import { launchChromium, skipsBrowserTests } from '../support/browser.ts';
import { compilerSays } from '../support/compiler.ts';
import { bundleExample } from '../support/bundle-example.ts';
import { type PageOptions, servePage } from '../support/page-server.ts';
import { programOf, snippetsOf } from '../support/readme.ts';
import { solidPlugin } from '../support/solid-plugin.ts';
import { sveltePluginFor } from '../support/svelte-plugin.ts';
import { compiledVue, vueFlags, vuePlugin } from '../support/vue-plugin.ts';
import { patienceMs } from '../support/patience.ts';

const run = promisify(execFile);
const at = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

let folder: string;
let server: EmbeddedServer;

beforeAll(async () => {
  folder = await mkdtemp(at('.docs-'));
  server = await EmbeddedServer.start({ module: at('reference-module/reference-module.wasm'), database: 'notes' });
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** The examples of a page in one language, with the names of places replaced by real ones. */
async function examplesOf(page: string, language: string): Promise<string[]> {
  const text = await readFile(at(page === 'README' ? '../README.md' : `../docs/${page}.md`), 'utf8');
  return snippetsOf(text, language).map(({ code }) =>
    code
      .replaceAll('./generated/index.js', '../../generated/reference/index.ts')
      .replaceAll('./client.js', './client.ts')
      .replaceAll("'localhost:3000'", `'${server.host}'`),
  );
}

/** Puts the examples of a framework's page into a folder of their own: `client.ts` and the component. */
async function writeExamples(page: string, file: string): Promise<string> {
  const language = file.split('.').at(-1) ?? '';
  const [component = ''] = await examplesOf(page, language);
  const [client = ''] = [...(await examplesOf(page, 'ts')), ...(await examplesOf('frameworks', 'ts'))];
  const to = join(folder, page);
  await mkdir(to, { recursive: true });
  await writeFile(join(to, 'client.ts'), client);
  await writeFile(join(to, file), component);
  // In a template TypeScript does not know what a condition has ruled out.
  if (language === 'vue') await writeFile(join(to, 'room.vue.ts'), compiledVue(component, join(to, file), false));
  return to;
}

const frameworks: Readonly<
  Record<
    string,
    { readonly file: string; readonly compiler: object; readonly page: PageOptions; readonly main: string }
  >
> = {
  react: {
    file: 'room.tsx',
    compiler: { jsx: 'react-jsx' },
    page: { jsx: 'automatic' },
    main: `
      import { createElement as h } from 'react';
      import { createRoot } from 'react-dom/client';
      import { Room, World } from './room.tsx';
      createRoot(document.body).render([h(Room, { key: 1, id: 7 }), h(World, { key: 2 })]);`,
  },
  preact: {
    file: 'room.tsx',
    compiler: { jsx: 'react-jsx', jsxImportSource: 'preact' },
    page: { jsx: 'automatic', jsxImportSource: 'preact' },
    main: `
      import { h, render } from 'preact';
      import { Room, World } from './room.tsx';
      render([h(Room, { id: 7 }), h(World, {})], document.body);`,
  },
  solid: {
    file: 'room.tsx',
    compiler: { jsx: 'preserve', jsxImportSource: 'solid-js' },
    page: { plugins: [solidPlugin] },
    main: `
      import { createComponent, render } from 'solid-js/web';
      import { Room, World } from './room.tsx';
      render(() => [createComponent(Room, { id: 7 }), createComponent(World, {})], document.body);`,
  },
  svelte: {
    file: 'room.svelte',
    compiler: {},
    page: { plugins: [sveltePluginFor('client')] },
    main: `
      import { mount } from 'svelte';
      import Room from './room.svelte';
      mount(Room, { target: document.body, props: { id: 7 } });`,
  },
  vue: {
    file: 'room.vue',
    compiler: {},
    page: { plugins: [vuePlugin], define: vueFlags },
    main: `
      import { createApp } from 'vue';
      import Room from './room.vue';
      createApp(Room, { id: 7 }).mount(document.body);`,
  },
};

/** Puts the component of the README into the folder of React's examples, with what stands before it there. */
async function writeReadmeExample(): Promise<string> {
  const to = await writeExamples('react', 'room.tsx');
  const before = `
    import { client } from './client.ts';
    import { tables } from '../../generated/reference/index.ts';
    export { Room };`;
  const [component = ''] = await examplesOf('README', 'tsx');
  await writeFile(join(to, 'readme.tsx'), before + component);
  return to;
}

test('the component in the README compiles', async () => {
  expect(await complaintsOf(await writeReadmeExample(), { jsx: 'react-jsx' })).toBe('');
});

test.each(Object.entries(frameworks))('the examples of docs/%s.md compile', async (page, { file, compiler }) => {
  expect(await complaintsOf(await writeExamples(page, file), compiler)).toBe('');
});

/** What the compiler has to say of a folder. */
async function complaintsOf(to: string, compiler: object, flags = 'tsconfig.browser.json'): Promise<string> {
  const compilerOptions = { ...compiler, isolatedDeclarations: false, declaration: false };
  const config = { extends: at(`../${flags}`), compilerOptions, include: [to], exclude: [] };
  await writeFile(join(to, 'tsconfig.json'), JSON.stringify(config));
  return compilerSays(to);
}

describe.skipIf(skipsBrowserTests())('in a browser', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
  });

  afterAll(() => browser?.close());

  /** Runs `main` in a page: the room that it shows has one more message when the button was clicked. Returns the errors of the page. */
  async function sayHello(to: string, main: string, options: PageOptions): Promise<readonly string[]> {
    await writeFile(join(to, 'main.ts'), main);
    await using pages = await servePage(pathToFileURL(join(to, 'main.ts')), options);
    const page = await browser.newPage();
    page.setDefaultTimeout(patienceMs);
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    await page.goto(pages.url);
    const button = page.getByText('Say hello');
    await button.waitFor();
    const messages = page.locator('p', { hasText: 'hello' });
    const before = await messages.count();
    await button.click();
    await expect.poll(() => messages.count(), { timeout: patienceMs }).toBe(before + 1);
    await page.close();
    return errors;
  }

  test.each(Object.entries(frameworks))('the examples of docs/%s.md run', async (name, { file, main, page }) => {
    expect(await sayHello(await writeExamples(name, file), main, page)).toEqual([]);
  });

  test('the component in the README runs', async () => {
    const main = `
      import { createElement as h } from 'react';
      import { createRoot } from 'react-dom/client';
      import { Room } from './readme.tsx';
      createRoot(document.body).render(h(Room, { id: 7 }));`;
    expect(await sayHello(await writeReadmeExample(), main, { jsx: 'automatic' })).toEqual([]);
  });
});

test('the examples of docs/vanilla.md compile, run, and print what they say they print', async () => {
  const to = join(folder, 'vanilla');
  await mkdir(to);
  await writeFile(join(to, 'program.ts'), programOf(await examplesOf('vanilla', 'ts')));
  expect(await complaintsOf(to, {}, 'tsconfig.json')).toBe('');
  await bundleExample(join(to, 'program.ts'), join(to, 'program.mjs'));
  const { stdout, stderr } = await run(process.execPath, [join(to, 'program.mjs')], { timeout: patienceMs });
  expect(stdout.trimEnd().split('\n').slice(-7)).toEqual([
    'entity 7 is at 70',
    '71',
    '11 drawn',
    'from 81 to 91',
    'predicted 94',
    'confirmed 94',
    'true 8',
  ]);
  expect(stderr).toBe('');
});
