import { isInWorld, isPlayer, schoolOf, worldSize } from '../shared/world-map.ts';
import { type Sprite } from './sprites.ts';

/** What one frame shows. */
export interface Scene {
  readonly sprites: Iterable<Sprite>;
  /** Names of players by entity. */
  readonly names: ReadonlyMap<number, string>;
  /** The entity of this window, and where it was sent. */
  readonly me: number | undefined;
  readonly target: { readonly x: number; readonly y: number };
}

/** The colours of style.css, which follow the system's. */
export interface Palette {
  readonly schools: readonly string[];
  readonly wanderer: string;
  readonly ripple: string;
  readonly label: string;
  readonly playerLightness: string;
}

/** Reads the colours as they are now. */
export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    schools: ['school-1', 'school-2', 'school-3'].map(colour),
    wanderer: colour('wanderer'),
    ripple: colour('ripple'),
    label: colour('label'),
    playerLightness: colour('player-lightness'),
  };
}

/** How the world lies on a canvas, in pixels of the canvas: as large as fits, in the middle. */
export interface View {
  /** Pixels per unit of the world. */
  readonly scale: number;
  readonly left: number;
  readonly top: number;
}

/** The view on a canvas of this size. */
export function viewOn({ width, height }: { readonly width: number; readonly height: number }): View {
  const scale = Math.min(width / worldSize.width, height / worldSize.height);
  return { scale, left: (width - scale * worldSize.width) / 2, top: (height - scale * worldSize.height) / 2 };
}

/** Draws a frame. */
export function drawScene(canvas: CanvasRenderingContext2D, scene: Scene, palette: Palette): void {
  const view = viewOn(canvas.canvas);
  canvas.resetTransform();
  canvas.clearRect(0, 0, canvas.canvas.width, canvas.canvas.height);
  canvas.setTransform(view.scale, 0, 0, view.scale, view.left, view.top);
  drawRipples(canvas, view, palette);
  const players: Sprite[] = [];
  for (const sprite of scene.sprites) {
    if (!isInWorld(sprite.target)) continue;
    const school = schoolOf(sprite.id);
    if (isPlayer(sprite.id)) players.push(sprite);
    else if (school === undefined) drawJelly(canvas, sprite, palette.wanderer);
    else drawFish(canvas, sprite, palette.schools[school] ?? palette.label);
  }
  // People above fish; a name stays legible where the world is small.
  const labelSize = Math.max(2.3, (11 * devicePixelRatio) / view.scale);
  for (const sprite of players) drawPlayer(canvas, sprite, scene, palette, labelSize);
}

/** Also beside the world, where the canvas has another shape. */
function drawRipples(canvas: CanvasRenderingContext2D, { scale, left, top }: View, { ripple }: Palette): void {
  const right = worldSize.width + left / scale;
  canvas.strokeStyle = ripple;
  canvas.lineWidth = 0.25;
  for (let y = 4 - 12 * Math.floor(top / scale / 12); y < worldSize.height + top / scale; y += 12) {
    canvas.beginPath();
    for (let x = -left / scale; x <= right + 4; x += 4) canvas.lineTo(x, y + 0.8 * Math.sin(x / 9 + y));
    canvas.stroke();
  }
}

function drawFish(canvas: CanvasRenderingContext2D, { shown: { x, y }, heading, id }: Sprite, colour: string): void {
  const length = 1.5 + 0.12 * (id % 5);
  // Turning about looks like turning: it gets short on the way.
  const facing = Math.abs(heading) < 0.25 ? 0.25 * Math.sign(heading || 1) : heading;
  canvas.save();
  canvas.translate(x, y);
  canvas.scale(facing, 1);
  canvas.fillStyle = colour;
  canvas.beginPath();
  canvas.ellipse(0, 0, length, 0.62, 0, 0, 2 * Math.PI);
  canvas.moveTo(-length * 0.7, 0);
  canvas.lineTo(-length * 1.6, -0.7);
  canvas.lineTo(-length * 1.6, 0.7);
  canvas.fill();
  canvas.restore();
}

function drawJelly(canvas: CanvasRenderingContext2D, { shown: { x, y } }: Sprite, colour: string): void {
  canvas.fillStyle = colour;
  for (const [radius, opacity] of [
    [2.6, 0.16],
    [1.7, 0.3],
    [0.8, 0.9],
  ] as const) {
    canvas.globalAlpha = opacity;
    disc(canvas, x, y, radius);
    canvas.fill();
  }
  canvas.globalAlpha = 1;
}

function drawPlayer(
  canvas: CanvasRenderingContext2D,
  { shown: { x, y }, id }: Sprite,
  scene: Scene,
  palette: Palette,
  labelSize: number,
): void {
  const colour = `hsl(${(id * 137) % 360} 62% ${palette.playerLightness})`;
  canvas.strokeStyle = colour;
  canvas.fillStyle = colour;
  disc(canvas, x, y, 1.5);
  canvas.fill();
  canvas.lineWidth = 0.35;
  if (id === scene.me) {
    disc(canvas, x, y, 2.5);
    canvas.stroke();
    drawTarget(canvas, scene.target, { x, y });
  }
  canvas.fillStyle = palette.label;
  canvas.font = `${id === scene.me ? 600 : 400} ${labelSize}px system-ui, sans-serif`;
  canvas.textAlign = 'center';
  canvas.fillText(id === scene.me ? 'you' : (scene.names.get(id) ?? ''), x, y - 3.6);
}

/** A dot where it goes, until it is there. */
function drawTarget(canvas: CanvasRenderingContext2D, target: Scene['target'], from: { x: number; y: number }): void {
  const distance = Math.hypot(target.x - from.x, target.y - from.y);
  if (distance < 3) return;
  canvas.globalAlpha = 0.5;
  disc(canvas, target.x, target.y, 0.7);
  canvas.stroke();
  canvas.globalAlpha = 1;
}

function disc(canvas: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  canvas.beginPath();
  canvas.arc(x, y, radius, 0, 2 * Math.PI);
}
