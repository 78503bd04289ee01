import { effect, type ReadonlySignal, untracked } from 'spacetimedb-signals';

/** An element of a list, with what ends its effects. */
export interface Item {
  readonly element: HTMLElement;
  readonly stop: () => void;
}

/**
 * Keeps the children of `list` in line with `keys`. An element is made once per key, moved when its place changes, and removed with its key;
 * what it shows is its own affair, so that a change of one row touches one element.
 */
export function showList<Key>(list: HTMLElement, keys: ReadonlySignal<readonly Key[]>, make: (key: Key) => Item): void {
  const items = new Map<Key, Item>();
  effect(() => {
    const wanted = new Set(keys.value);
    for (const [key, { element, stop }] of items) {
      if (wanted.has(key)) continue;
      stop();
      element.remove();
      items.delete(key);
    }
    let place = list.firstElementChild;
    for (const key of wanted) {
      const { element } = items.get(key) ?? untracked(() => add(key));
      if (element === place) place = place.nextElementSibling;
      else list.insertBefore(element, place);
    }
  });

  function add(key: Key): Item {
    const item = make(key);
    items.set(key, item);
    return item;
  }
}
