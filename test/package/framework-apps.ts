/** `client.js`, which every app has; the page is told the server and the note by its address. */
export const clientModule = `
import { SpacetimeDbClient } from './generated/index.ts';

const [host, note] = location.hash.slice(1).split('/');
export const client = await SpacetimeDbClient.create({ host, database: 'runtimes' });
export const id = BigInt(note);
export const query = 'SELECT * FROM note WHERE id = ' + id;
export const textOf = (isReady, row) => (isReady ? String(row?.title) : 'loading');
void client.connect();
`;

const hooks = `
import { useRow, useSubscription } from 'spacetimedb-signals/FRAMEWORK';
import { client, id, query, textOf } from '../client.js';

function Note() {
  const { isReady } = useSubscription(client, query);
  return createElement('p', {}, textOf(isReady, useRow(client.note, id)));
}
`;

/** A small app in each framework, made of what it has from its own package and of the installed tarball: it shows the title of a note, live. By file. */
export const frameworkApps: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  preact: {
    'page.js': `
import { createElement, render } from 'preact';
${hooks.replace('FRAMEWORK', 'preact')}
render(createElement(Note), document.body);
`,
  },
  react: {
    'page.js': `
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
${hooks.replace('FRAMEWORK', 'react')}
createRoot(document.body).render(createElement(Note));
`,
  },
  solid: {
    'page.js': `
import { insert, render } from 'solid-js/web';
import { useRow, useSubscription } from 'spacetimedb-signals/solid';
import { client, id, query, textOf } from '../client.js';

function Note() {
  const subscription = useSubscription(client, query);
  const note = useRow(client.note, id);
  const element = document.createElement('p');
  insert(element, () => textOf(subscription.isReady, note()));
  return element;
}
render(Note, document.body);
`,
  },
  svelte: {
    'note.svelte': `
<script>
  import { useRow, useSubscription } from 'spacetimedb-signals/svelte';
  import { client, id, query, textOf } from '../client.js';

  const subscription = useSubscription(client, query);
  const note = useRow(client.note, id);
</script>

<p>{textOf(subscription.isReady, note.current)}</p>
`,
    'page.js': `
import { mount } from 'svelte';
import Note from './note.svelte';

mount(Note, { target: document.body });
`,
  },
  'the TC39 polyfill': {
    'page.js': `
import { Signal } from 'signal-polyfill';
import { toTc39Signal } from 'spacetimedb-signals/tc39';
import { client, id, query, textOf } from '../client.js';

client.subscriptions.subscribe(query);
const note = toTc39Signal(client.note.row(id));
const isReady = toTc39Signal(client.subscriptions.ready);
const text = new Signal.Computed(() => textOf(isReady.get(), note.get()));
const element = document.body.appendChild(document.createElement('p'));
const show = () => {
  watcher.watch();
  element.textContent = text.get();
};
const watcher = new Signal.subtle.Watcher(() => queueMicrotask(show));
watcher.watch(text);
show();
`,
  },
  vue: {
    'page.js': `
import { createApp, h } from 'vue';
import { useRow, useSubscription } from 'spacetimedb-signals/vue';
import { client, id, query, textOf } from '../client.js';

const Note = {
  setup() {
    const { isReady } = useSubscription(client, query);
    const note = useRow(client.note, id);
    return () => h('p', textOf(isReady.value, note.value));
  },
};
createApp(Note).mount(document.body);
`,
  },
};

/** An app of React that a server renders, and a page makes live: by file. The page is told what the server rendered, as `html`. */
export const hydratedApp: Readonly<Record<string, string>> = {
  'app.js': `
import { createElement, useEffect } from 'react';
import { useConnectionState, useRow, useSubscription } from 'spacetimedb-signals/react';
import { SpacetimeDbClient } from './generated/index.ts';

export const app = async (host, note) => {
  const id = BigInt(note);
  const client = await SpacetimeDbClient.create({ host, database: 'runtimes' });
  function Note() {
    useEffect(() => void client.connect(), []);
    const { status } = useConnectionState(client);
    const { isReady } = useSubscription(client, 'SELECT * FROM note WHERE id = ' + id);
    const note = useRow(client.note, id);
    return createElement('p', {}, status, ' ', isReady ? String(note?.title) : 'loading');
  }
  return createElement(Note);
};
`,
  'on-server.js': `
import { argv } from 'node:process';
import { renderToString } from 'react-dom/server';
import { app } from './app.js';

console.log(JSON.stringify(renderToString(await app(...argv.slice(2)))));
`,
  'in-page.js': `
import { hydrateRoot } from 'react-dom/client';
import { app } from './app.js';

document.body.innerHTML = html;
globalThis.differences = [];
const onRecoverableError = (error) => void differences.push(String(error));
hydrateRoot(document.body, await app(...location.hash.slice(1).split('/')), { onRecoverableError });
`,
};
