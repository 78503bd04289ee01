import { h, render } from 'preact';
import { parts } from './components.ts';
import { serveApp } from './page.ts';

serveApp(parts, (component, element, world) => {
  render(h(component, { world }), element);
  return () => render(null, element);
});
