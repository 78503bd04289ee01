import { type Shoal, shoals } from '../../shared/world-map.ts';
import { type Palette } from './palette.ts';
import { type Swimmer } from './swimmer.ts';
import { type View } from './view.ts';

type AddFish = (canvas: CanvasRenderingContext2D, x: number, y: number, length: number, heading: number) => void;

/** How a fish looks in each layer: what is far is small and pale, and nobody sees its fins. `size` is half a length, in units of the world. */
const layers: Record<Shoal['layer'], { readonly size: number; readonly opacity: number; readonly add: AddFish }> = {
  0: { size: 0.7, opacity: 0.4, add: addDart },
  1: { size: 0.85, opacity: 0.65, add: addDart },
  2: { size: 1.05, opacity: 0.95, add: addFish },
};

/** Draws the fish of one shoal as one path: a fill of 208 fish costs much less than 208 fills. */
export function drawShoal(
  canvas: CanvasRenderingContext2D,
  view: View,
  palette: Palette,
  number: number,
  fishes: Iterable<Swimmer>,
  now: number,
): void {
  const { size, opacity, add } = layers[shoals[number]?.layer ?? 0];
  const length = size * view.unit;
  canvas.globalAlpha = opacity;
  canvas.fillStyle = palette.shoals[number % palette.shoals.length] ?? palette.label;
  canvas.beginPath();
  for (const { id, x, y, heading } of fishes) {
    // Nobody swims quite straight. This is for the eye; the row knows nothing of it.
    const aside = 0.35 * Math.sin(now / 900 + 1.7 * id);
    add(canvas, x * view.scaleX, (y + aside) * view.scaleY, length, heading);
  }
  canvas.fill();
  canvas.globalAlpha = 1;
}

function addFish(canvas: CanvasRenderingContext2D, x: number, y: number, length: number, heading: number): void {
  const along = length * shortened(heading);
  const up = 0.72 * length;
  const narrow = x - 0.6 * along;
  canvas.moveTo(x + along, y);
  canvas.quadraticCurveTo(x + 0.1 * along, y - up, narrow, y);
  canvas.lineTo(x - 1.15 * along, y - 0.42 * length);
  canvas.lineTo(x - 1.15 * along, y + 0.42 * length);
  canvas.lineTo(narrow, y);
  canvas.quadraticCurveTo(x + 0.1 * along, y + up, x + along, y);
}

function addDart(canvas: CanvasRenderingContext2D, x: number, y: number, length: number, heading: number): void {
  const along = length * shortened(heading);
  canvas.moveTo(x + along, y);
  canvas.lineTo(x - along, y - 0.4 * length);
  canvas.lineTo(x - along, y + 0.4 * length);
}

/** Turning about looks like turning: a fish gets short on the way. */
function shortened(heading: number): number {
  return Math.abs(heading) < 0.3 ? (heading < 0 ? -0.3 : 0.3) : heading;
}
