/** A program for Node that uses the package as the README says, and prints what came of it. */
export const nodeProgram = `
import { effect, isSpacetimeDbError } from 'spacetimedb-signals';
import { EmbeddedServer } from 'spacetimedb-signals/embedded';
import { FileTokenStore } from 'spacetimedb-signals/node';
import { SpacetimeDbClient, tables } from './generated/index.js';

const [, , module = '', tokenFile = ''] = process.argv;
const server = await EmbeddedServer.start({ module, database: 'notes' });
const authStorage = new FileTokenStore(tokenFile);
const client = await SpacetimeDbClient.create({ host: server.host, database: server.database, authStorage });
const stop = effect(() => {
  console.log('titles:', client.note.rows.value.map((note) => note.title).join(', '));
});
await client.connect({ initialSubscriptions: ['SELECT * FROM note', tables.message] });
await client.reducers.createNote({ id: 7n, folder: 'inbox', title: 'Milk', body: '', tags: [] });
try {
  await client.reducers.say({ room: 3, text: '' });
} catch (error) {
  if (isSpacetimeDbError(error, 'reducer')) console.log('refused:', error.message);
}
console.log('sum:', await client.procedures.add({ left: 2n, right: 40n }));
stop();
await client.dispose();
await server.close();
`;

/**
 * A program for Node that shows what waits in its offline store and, without an argument behind the folder of that, adds to it. Nothing of the second run makes
 * changes, so what lays them over the rows comes with what works offline.
 */
export const offlineProgram = `
import { OptimisticChange } from 'spacetimedb-signals';
import { Identity, Timestamp } from 'spacetimedb-signals/bsatn';
import { FileOfflineStorage } from 'spacetimedb-signals/node';
import { SpacetimeDbClient } from './out/generated/index.js';

const [, , folder, isLater] = process.argv;
const offlineStorage = new FileOfflineStorage(folder);
const client = await SpacetimeDbClient.create({ host: 'localhost:1', database: 'notes', offlineStorage });
if (isLater === undefined) {
  const note = { id: 7n, folder: 'inbox', title: 'Milk', body: '', tags: [] };
  const row = { ...note, owner: new Identity(1n), createdAt: Timestamp.epoch };
  const optimisticChanges = [OptimisticChange.insertRow(client.note, row)];
  await client.reducers.createNote(note, { optimisticChanges });
}
console.log(client.note.rows.value.map(({ title }) => title).join(', '), client.pendingMutations.value.length);
await client.dispose();
`;

/** A program for Node in which every framework that renders there shows a row. */
export const frameworksProgram = `
import { createElement } from 'react';
import { renderToString as reactToString } from 'react-dom/server';
import { renderToString as solidToString } from 'solid-js/web';
import { get } from 'svelte/store';
import { createSSRApp, h } from 'vue';
import { renderToString as vueToString } from 'vue/server-renderer';
import { EmbeddedServer } from 'spacetimedb-signals/embedded';
import * as react from 'spacetimedb-signals/react';
import * as solid from 'spacetimedb-signals/solid';
import * as svelte from 'spacetimedb-signals/svelte';
import * as vue from 'spacetimedb-signals/vue';
import { SpacetimeDbClient } from './out/generated/index.js';

const server = await EmbeddedServer.start({ module: process.argv[2], database: 'notes' });
const client = await SpacetimeDbClient.create({ host: server.host, database: server.database });
await client.connect({ initialSubscriptions: 'SELECT * FROM note' });
await client.reducers.createNote({ id: 7n, folder: 'inbox', title: 'Milk', body: '', tags: [] });

console.log('react', reactToString(createElement(() => react.useRow(client.note, 7n)?.title)));
console.log('solid', solidToString(() => solid.useRow(client.note, () => 7n)()?.title));
console.log('svelte', get(svelte.useRow(client.note, () => 7n))?.title);
const app = createSSRApp(() => {
  const note = vue.useRow(client.note, () => 7n);
  return h('p', note.value?.title);
});
console.log('vue', await vueToString(app));
await client.dispose();
await server.close();
`;

/** A program for a browser, with everything that generated bindings hold. */
export const browserProgram = `
import { effect } from 'spacetimedb-signals';
import { SpacetimeDbClient } from './generated/index.js';

const client = await SpacetimeDbClient.create({ host: 'localhost:3000', database: 'notes' });
effect(() => {
  console.log(client.note.rows.value.map((note) => note.title).join(', '));
});
await client.connect({ initialSubscriptions: ['SELECT * FROM note', 'SELECT * FROM message'] });
`;

/** A tsconfig.json. */
interface CompilerConfig {
  readonly compilerOptions: Readonly<Record<string, string | boolean | readonly string[]>>;
  readonly files: readonly string[];
}

const strict = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, skipLibCheck: false };

/** How an app for Node compiles: to \`out\`. */
export const nodeConfig: CompilerConfig = {
  compilerOptions: {
    ...strict,
    target: 'es2022',
    module: 'nodenext',
    lib: ['es2022'],
    // What needs the types of Node brings them in, as a tsconfig of TypeScript 6 has it that names none.
    types: [],
    rootDir: '.',
    outDir: 'out',
  },
  files: ['node-program.ts', 'node-imports.ts'],
};

/** How an app for browsers is checked where a bundler does the rest; nothing of Node is known to it. */
export const browserConfig: CompilerConfig = {
  compilerOptions: {
    ...strict,
    target: 'es2022',
    module: 'esnext',
    moduleResolution: 'bundler',
    lib: ['es2022', 'dom'],
    types: [],
    verbatimModuleSyntax: true,
    isolatedModules: true,
    noEmit: true,
  },
  files: ['browser-program.ts', 'browser-imports.ts'],
};

/** Imports each of \`specifiers\` whole. */
export function importsOf(specifiers: readonly string[]): string {
  const imports = specifiers.map((specifier, at) => `import * as subpath${at} from '${specifier}';\n`);
  return `${imports.join('')}export const all: readonly object[] = [${specifiers.map((_, at) => `subpath${at}`).join(', ')}];\n`;
}
