import { type SpacetimeDbClient } from '#bindings';
import { type ConnectionState, effect } from 'spacetimedb-signals';
import { find, showProblem } from './dom.ts';
import { figures } from './figures.ts';

/** The state of the connection, the name of this window, and what happens per second. */
export function showHeader(client: SpacetimeDbClient): void {
  showStatus(client);
  showName(client);
  const windows = find('#windows', HTMLElement);
  const steps = find('#steps', HTMLElement);
  const effects = find('#effects', HTMLElement);
  effect(() => {
    // One of those who are online is the demo itself, which moves the world.
    windows.textContent = String(Math.max(0, client.user.rows.value.filter(({ online }) => online).length - 1));
  });
  effect(() => {
    steps.textContent = String(figures.value.steps);
    effects.textContent = String(figures.value.effects);
  });
}

function showStatus(client: SpacetimeDbClient): void {
  const status = find('#status', HTMLParagraphElement);
  const toggle = find('#switch', HTMLButtonElement);
  effect(() => {
    const state = client.connection.state.value;
    const isReady = client.subscriptions.ready.value;
    status.dataset['status'] = state.status;
    status.textContent = state.status === 'connected' && !isReady ? 'connected, waiting for rows' : describe(state);
    toggle.textContent = actions[actionFor(state)];
    // Rows stay while there is no connection; the page only shows that they are not live.
    document.body.toggleAttribute('data-stale', !isReady);
  });
  toggle.addEventListener('click', () => {
    switch (actionFor(client.connection.state.value)) {
      case 'connect':
        // The query sets are still wanted: connecting again goes on with them.
        client.connect().catch(showProblem);
        break;
      case 'disconnect':
        client.disconnect().catch(showProblem);
        break;
      case 'tryNow':
        client.connection.reconnect();
        break;
    }
  });
}

const actions = { connect: 'Connect', disconnect: 'Disconnect', tryNow: 'Try now' } as const;

function actionFor({ status }: ConnectionState): keyof typeof actions {
  if (status === 'connecting' || status === 'connected') return 'disconnect';
  return status === 'reconnecting' ? 'tryNow' : 'connect';
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
    case 'connecting':
    case 'connected':
    case 'disconnected':
      return state.status;
  }
}

function showName(client: SpacetimeDbClient): void {
  const input = find('#name', HTMLInputElement);
  const form = find('#name-form', HTMLFormElement);
  effect(() => {
    // `me` is a view of the module: the caller's own row of `user`.
    const name = client.me.value?.name ?? '';
    if (document.activeElement !== input) input.value = name;
    input.placeholder = client.identity.value?.toAbbreviated() ?? 'nobody yet';
  });
  const save = (): void => {
    const name = input.value.trim() === '' ? undefined : input.value.trim();
    if (name !== client.me.value?.name) client.reducers.setName({ name }).catch(showProblem);
  };
  input.addEventListener('change', save);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    input.blur();
  });
}
