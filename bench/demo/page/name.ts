import { effect, firstWhere } from 'spacetimedb-signals';
import { type DemoWindow } from './demo-window.ts';
import { find, showIn } from './dom.ts';
import { hueOf } from './people.ts';

/** Who this window is: a colour of the identity, and a name that can be changed. */
export function showName({ client, element, report }: DemoWindow, firstName: string): void {
  const form = find(element, '.who', HTMLFormElement);
  const input = find(form, 'input', HTMLInputElement);
  effect(() => {
    const { value: identity } = client.identity;
    if (identity === undefined) return;
    input.title = `Identity ${identity.toAbbreviated()}`;
    element.style.setProperty('--hue', String(hueOf(identity)));
  });
  effect(() => {
    // `me` is a view of the module: the caller's own row of `user`.
    const name = client.me.value?.name ?? firstName;
    if (document.activeElement !== input) showIn(input, name);
  });
  firstWhere(client.subscriptions.ready, (isReady) => isReady)
    .then(() => (client.me.value?.name === undefined ? save() : undefined))
    .catch(report);

  async function save(): Promise<void> {
    const name = input.value.trim();
    if (name !== client.me.value?.name) await client.reducers.setName({ name });
  }
  input.addEventListener('change', () => void save().catch(report));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    input.blur();
  });
}
