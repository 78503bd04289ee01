/** The colours of theme.css that are drawn with. */
export interface Palette {
  /** A shoal has one of them. */
  readonly shoals: readonly string[];
  readonly wanderer: string;
  /** How light the colours of people are. */
  readonly whoLightness: string;
  readonly label: string;
  /** Around a label, so that it can be read above fish. */
  readonly halo: string;
}

/** The colours, which follow the theme of the system. */
export function followPalette(): { readonly current: Palette } {
  const palette = { current: readPalette() };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => (palette.current = readPalette()));
  return palette;
}

function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    shoals: Array.from({ length: 6 }, (_, index) => colour(`shoal-${index + 1}`)),
    wanderer: colour('wanderer'),
    whoLightness: colour('who-lightness'),
    label: colour('label'),
    halo: colour('halo'),
  };
}
