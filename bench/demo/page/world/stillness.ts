import { type ReadonlySignal, signal } from 'spacetimedb-signals';

/** Whether the picture stands still. A button says so, and at first whether the system is asked for less motion. */
export function stillnessOf(button: HTMLButtonElement): ReadonlySignal<boolean> {
  const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)');
  const isStill = signal(reducedMotion.matches);
  const show = (still: boolean): void => {
    isStill.value = still;
    button.setAttribute('aria-pressed', String(still));
  };
  show(isStill.value);
  reducedMotion.addEventListener('change', ({ matches }) => show(matches));
  button.addEventListener('click', () => show(!isStill.value));
  return isStill;
}
