import { type Component, mount, unmount } from 'svelte';
import { type Parts, serveApp, type World } from './page.ts';
import Dashboard from './svelte/dashboard.svelte';
import Entities from './svelte/entities.svelte';
import Keyed from './svelte/keyed.svelte';
import Messages from './svelte/messages.svelte';
import Notes from './svelte/notes.svelte';
import Say from './svelte/say.svelte';
import Tree from './svelte/tree.svelte';

const parts: Parts<Component<{ world: World }>> = {
  entities: Entities,
  dashboard: Dashboard,
  messages: Messages,
  keyed: Keyed,
  say: Say,
  notes: Notes,
  tree: Tree,
};

serveApp(parts, (component, target, world) => {
  const mounted = mount(component, { target, props: { world } });
  return () => void unmount(mounted);
});
