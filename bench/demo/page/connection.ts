import { type ConnectionState, effect } from 'spacetimedb-signals';
import { type DemoWindow } from './demo-window.ts';
import { find } from './dom.ts';

/** The state of the connection, and the switch that ends it and makes it anew. */
export function showConnection({ client, element, report }: DemoWindow): void {
  const status = find(element, '.status', HTMLParagraphElement);
  const online = find(element, '.online', HTMLButtonElement);
  effect(() => {
    const state = client.connection.state.value;
    const isReady = client.subscriptions.ready.value;
    status.dataset['status'] = state.status;
    status.textContent = state.status === 'connected' && !isReady ? 'connected, waiting for rows' : describe(state);
    online.setAttribute('aria-checked', String(isWanted(state)));
    // Rows stay while there is no connection; the page only shows that they are not live.
    element.toggleAttribute('data-stale', !isReady);
  });
  online.addEventListener('click', () => {
    // The query sets are still wanted when it is switched on again: connecting goes on with them.
    const switched = isWanted(client.connection.state.value) ? client.disconnect() : client.connect();
    switched.catch(report);
  });
}

/** Whether the client is connected, or on its way. */
function isWanted({ status }: ConnectionState): boolean {
  return status === 'connecting' || status === 'connected' || status === 'reconnecting';
}

function describe(state: ConnectionState): string {
  switch (state.status) {
    case 'reconnecting':
      return state.nextDelayMs < 1000
        ? `reconnecting, attempt ${state.attempt}`
        : `reconnecting in ${Math.round(state.nextDelayMs / 1000)} s`;
    case 'authError':
    case 'fatalError':
      return state.message;
    case 'disconnected':
      return 'offline';
    case 'connecting':
    case 'connected':
      return state.status;
  }
}
