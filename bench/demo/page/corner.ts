import { effect } from 'spacetimedb-signals';
import { type DemoWindow } from './demo-window.ts';
import { find } from './dom.ts';

/** The figures in the corner of the water: what the client itself knows, and two that the page counts. */
export function showCorner({ client, element, figures }: DemoWindow): void {
  const pending = find(element, '.pending', HTMLElement);
  const steps = find(element, '.steps', HTMLElement);
  const frames = find(element, '.frames', HTMLElement);
  const rows = find(element, '.rows', HTMLElement);
  effect(() => {
    const { pendingCount } = client.syncState.value;
    pending.textContent = String(pendingCount);
    pending.parentElement?.toggleAttribute('data-waiting', pendingCount > 0 && !client.subscriptions.ready.value);
  });
  effect(() => {
    const { value } = figures.perSecond;
    steps.textContent = String(value.steps);
    frames.textContent = String(value.frames);
    rows.textContent = client.entity.count().toLocaleString('en');
  });
}
