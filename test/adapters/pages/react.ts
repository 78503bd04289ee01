import { Component, createElement as h, type ReactElement, type ReactNode, StrictMode, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { type InWorld, Messages, parts } from './components.ts';
import { serveApp } from './page.ts';

class Boundary extends Component<{ readonly children?: ReactNode }, { readonly error?: Error }> {
  override state: { readonly error?: Error } = {};

  static getDerivedStateFromError(error: Error): { readonly error: Error } {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    return error === undefined ? this.props.children : h('p', { id: 'failed' }, error.message);
  }
}

/** Notes down every time that React begins. */
function Waiting({ world }: InWorld): ReactElement {
  world.rendered('attempt');
  return Messages({ world, suspense: true });
}

function Suspended({ world }: InWorld): ReactElement {
  const fallback = h('p', { id: 'fallback' });
  return h(Boundary, {}, h(Suspense, { fallback }, h(Waiting, { world })));
}

serveApp({ ...parts, suspense: Suspended }, (component, element, world, isStrict) => {
  const root = createRoot(element);
  const app = h(component, { world });
  root.render(isStrict ? h(StrictMode, {}, app) : app);
  return () => root.unmount();
});
